"""SIGHUP: daemon.json is read again, and containers notice nothing; SIGTERM leaves them alone, too."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.engine import Engine, is_alive
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only  # the reference engine isn't restarted by tests

FIRST = {"labels": ["a=b"], "live-restore": True}
SECOND = {
    "labels": ["c=d", "e=f"],
    "debug": True,
    "registry-mirrors": ["http://mirror.example:5000"],
    "insecure-registries": ["r.example:5000", "10.0.0.0/8"],
    "runtimes": {"other": {"path": "/usr/bin/other"}},
    "default-runtime": "other",
    "max-concurrent-downloads": 7,
    "live-restore": True,
    "mtu": 1400,
}


@pytest.mark.row("A10", "A12", "A24")
def test_reload_and_end(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    config = tmp_path / "daemon.json"
    config.write_text(json.dumps(FIRST))
    engine = make_engine(f"--config-file={config}")
    docker = engine.docker
    container = docker("run", "-d", "busybox", "sleep", "1000")
    state = docker.field(container, "{{json .State}}")
    pid = int(docker.field(container, "{{.State.Pid}}"))
    info = docker.info()
    assert (info["Labels"], info["Debug"], info["LiveRestoreEnabled"]) == (["a=b"], False, True)

    since = time.time()
    config.write_text(json.dumps(SECOND))
    os.kill(engine.pid, signal.SIGHUP)
    wait_until(lambda: docker.info()["Labels"] == ["c=d", "e=f"], "the new labels")
    info = docker.info()
    assert info["Debug"] is True
    assert info["RegistryConfig"]["Mirrors"] == ["http://mirror.example:5000/"]
    assert "10.0.0.0/8" in info["RegistryConfig"]["InsecureRegistryCIDRs"]
    assert info["RegistryConfig"]["IndexConfigs"]["r.example:5000"]["Secure"] is False
    assert (info["DefaultRuntime"], info["Runtimes"]["other"]["path"]) == ("other", "/usr/bin/other")
    span = ("--since", f"{since:.9f}", "--until", f"{time.time() + 0.1:.9f}")
    events = docker("events", *span, "--filter", "type=daemon", "--format", "{{json .}}").splitlines()
    event = json.loads(events[0])
    assert (len(events), event["Action"], event["Actor"]["ID"]) == (1, "reload", info["ID"])
    attributes = event["Actor"]["Attributes"]
    assert attributes["labels"] == '["c=d","e=f"]'
    assert attributes["debug"] == "true"
    assert attributes["max-concurrent-downloads"] == "7"
    assert attributes["name"] == info["Name"]
    assert "mtu can't be changed while the daemon runs" in engine.log.read_text()
    assert docker.field(container, "{{json .State}}") == state

    foreign = docker("create", "busybox", "true")
    assert docker.field(foreign, "{{.HostConfig.Runtime}}") == "other"
    config.write_text('{"labels": 5}')
    os.kill(engine.pid, signal.SIGHUP)
    wait_until(lambda: "reloading the configuration failed" in engine.log.read_text(), "the complaint")
    assert docker.info()["Labels"] == ["c=d", "e=f"]

    config.write_text(json.dumps(FIRST))
    os.kill(engine.pid, signal.SIGHUP)
    wait_until(lambda: docker.info()["DefaultRuntime"] == "runc", "the first configuration again")
    done = docker.result("start", foreign)  # never with another runtime than it was made for
    assert "unknown or invalid runtime name: other" in done.err
    engine.restart(signal.SIGTERM)
    assert is_alive(pid)
    assert docker.field(container, "{{json .State}}") == state


@pytest.mark.row("A24")
def test_live_restore_can_be_turned_off_while_the_daemon_runs(
    make_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    config = tmp_path / "daemon.json"
    config.write_text("{}")
    engine = make_engine(f"--config-file={config}")
    container = engine.docker("run", "-d", "busybox", "sleep", "1000")
    pid = int(engine.docker.field(container, "{{.State.Pid}}"))
    config.write_text('{"live-restore": false, "shutdown-timeout": 1}')
    os.kill(engine.pid, signal.SIGHUP)
    wait_until(lambda: engine.docker.info()["LiveRestoreEnabled"] is False, "the reload")
    engine.kill(signal.SIGTERM)
    wait_until(lambda: not is_alive(pid), "the container's end")
