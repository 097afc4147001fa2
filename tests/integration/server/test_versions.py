"""The same container asked for in every version that Docker ever cut: each answer in that version's shape."""

import json
import time

import pytest
from tests.integration.server.conftest import Ask

VERSIONS = [f"1.{minor}" for minor in range(24, 56)]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_served(ask: Ask, sleeper: str, version: str) -> None:
    number = int(version.partition(".")[2])
    prefix = f"/v{version}"
    line = ask("GET", f"{prefix}/containers/json").json()[0]
    assert line["Id"] == sleeper
    assert ("Health" in line) == (number >= 52)
    whole = ask("GET", f"{prefix}/containers/{sleeper}/json").json()
    settings = whole["NetworkSettings"]
    assert ("IPAddress" in settings) == (number < 52)
    if number < 52:
        assert settings["IPAddress"] == settings["Networks"]["bridge"]["IPAddress"]
    image = ask("GET", f"{prefix}/images/busybox/json").json()
    assert ("VirtualSize" in image) == (number < 44)
    assert ("ContainerConfig" in image) == (number < 45)
    listed = ask("GET", f"{prefix}/images/json").json()[0]
    assert listed["Containers"] == (1 if number >= 51 else -1)
    usage = ask("GET", f"{prefix}/system/df").json()
    assert ("LayersSize" in usage, "ImageUsage" in usage) == (True, number >= 52)
    info = ask("GET", f"{prefix}/info").json()
    assert info["ContainersRunning"] == 1
    assert ("Expected" in info["RuncCommit"]) == (number < 49)
    assert ask("GET", f"{prefix}/version").json()["MinAPIVersion"] == "1.24"
    assert ("Containers" in ask("GET", f"{prefix}/networks").json()[0]) == (number < 52)


def test_events_of_old_have_their_old_fields(ask: Ask, sleeper: str) -> None:
    for version, legacy in (("1.51", True), ("1.52", False)):
        past = ask("GET", f"/v{version}/events?until={time.time():.3f}")
        assert past.headers["content-type"] == ("application/json" if legacy else "application/jsonl")
        events = [json.loads(line) for line in past.body.splitlines()]
        starts = [event for event in events if event["Action"] == "start" and event["Actor"]["ID"] == sleeper]
        assert len(starts) == 1
        assert (starts[0].get("status"), starts[0].get("id"), starts[0].get("from")) == (
            ("start", sleeper, "busybox") if legacy else (None, None, None)
        )


def test_the_wait_of_old_answers_at_the_end(ask: Ask) -> None:
    body = {"Image": "busybox", "Cmd": ["sh", "-c", "exit 5"]}
    container = ask("POST", "/v1.24/containers/create", body).json()["Id"]
    ask("POST", f"/v1.24/containers/{container}/start")
    assert ask("POST", f"/v1.24/containers/{container}/wait").json() == {"StatusCode": 5}


def test_defaults_of_old(ask: Ask) -> None:
    body = {"Image": "busybox"}
    for version, ipc_mode in (("1.39", "shareable"), ("1.40", "private")):
        container = ask("POST", f"/v{version}/containers/create", body).json()["Id"]
        host = ask("GET", f"/containers/{container}/json").json()["HostConfig"]
        assert (host["IpcMode"], host["NetworkMode"]) == (ipc_mode, "bridge")
