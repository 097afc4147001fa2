"""`docker events`: what happens is told in order with its attributes, filtered, and still known after a restart."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.integration.server.wire import Wire
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.wait import wait_until

Events = list[dict[str, Any]]
FORMAT = "{{json .}}"


@contextmanager
def stream(docker: Docker) -> Iterator[Callable[[], Events]]:
    """A client that follows; call it for the events that it has shown up to now."""
    command = docker.client.command("events", "--format", FORMAT, "--since", f"{time.time():.6f}")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=docker.client.environment)
    assert process.stdout is not None
    lines = process.stdout

    def events() -> Events:
        marker = docker("volume", "create")
        shown = []
        while marker not in (line := lines.readline()):
            shown.append(json.loads(line))
        return shown

    try:
        yield events
    finally:
        process.kill()
        process.communicate()


def past(docker: Docker, since: str, *filters: str) -> Events:
    """The events from `since` to now."""
    flags = [part for one in filters for part in ("--filter", one)]
    shown = docker("events", "--since", since, "--until", f"{time.time():.6f}", "--format", FORMAT, *flags)
    return [json.loads(line) for line in shown.splitlines()]


def actions(events: Events) -> list[str]:
    return [f"{event['Type']} {event['Action']}" for event in events]


@pytest.mark.row("U2")
def test_the_stream_shows_a_life_in_order_with_attributes(docker: Docker) -> None:
    """The row's words: attach, commit, die, detach, rename, destroy; and what stands between them."""
    with stream(docker) as shown:
        docker("create", "--name", "lived", "--label", "tier=front", "-it", "busybox", "cat")
        docker("start", "lived")
        with Wire(docker.socket) as wire:  # the client takes the keys for itself
            wire.post("/containers/lived/attach?stream=1&stdin=1&stdout=1")
            assert wire.head()[0] == 101
            wire.send(b"x\n\x10\x11")
            wire.everything()
        docker("top", "lived")
        docker("exec", "lived", "true")
        docker("pause", "lived")
        docker("unpause", "lived")
        docker("commit", "lived", "lived:image")
        docker("rename", "lived", "renamed")
        docker("kill", "-s", "KILL", "renamed")
        docker("wait", "renamed")
        docker("rm", "renamed")
        docker("rmi", "lived:image")
        events = shown()
    mine = [event for event in events if event["Type"] in ("container", "image")]
    names = [event["Action"].partition(":")[0] for event in mine]
    expected = ["start", "attach", "detach", "top", "exec_create", "exec_start", "exec_die", "pause", "unpause"]
    expected += ["pause", "commit", "unpause", "rename", "kill", "die", "destroy", "untag", "delete"]
    # Docker 26 tells of the new image and its name only by the commit, others by its creation too
    assert [name for name in names if name not in ("create", "tag")] == expected
    assert names[0] == "create"
    by_name = {event["Action"].partition(":")[0]: event["Actor"]["Attributes"] for event in mine}
    assert by_name["start"] == {"image": "busybox", "name": "lived", "tier": "front"}
    assert by_name["rename"] == {"image": "busybox", "name": "renamed", "oldName": "/lived", "tier": "front"}
    assert (by_name["commit"]["comment"], by_name["commit"]["imageRef"]) == ("", "lived:image")
    assert by_name["die"]["exitCode"] == "137"
    assert by_name["kill"]["signal"] == "9"
    assert by_name["exec_die"]["exitCode"] == "0"
    assert by_name["exec_create"]["execID"] == by_name["exec_die"]["execID"]


@pytest.mark.row("U3")
@pytest.mark.dockyard_only
def test_filters_and_times_reach_over_a_restart(own_engine: Engine) -> None:
    docker = own_engine.docker
    since = f"{time.time():.6f}"
    docker("run", "--rm", "--name", "first", "--label", "a=1", "busybox", "true")
    assert docker.result("run", "--name", "second", "busybox", "sh", "-c", "exit 3").code == 3
    docker("volume", "create", "vol")
    middle = f"{time.time():.6f}"
    own_engine.restart()
    docker("run", "--rm", "--name", "third", "--label", "a=2", "busybox", "true")
    life = ["create", "attach", "start", "die", "destroy"]
    assert [event["Action"] for event in past(docker, since, "container=first")] == life
    assert [event["Action"] for event in past(docker, since, "container=third")] == life
    assert past(docker, middle, "container=first") == []
    died = past(docker, since, "type=container", "event=die")
    assert [event["Actor"]["Attributes"]["name"] for event in died] == ["first", "second", "third"]
    assert [event["Actor"]["Attributes"]["exitCode"] for event in died] == ["0", "3", "0"]
    assert actions(past(docker, since, "event=die", "event=destroy", "container=first")) == [
        "container die",
        "container destroy",
    ]
    labelled = past(docker, since, "label=a=1")
    assert {event["Actor"]["Attributes"]["name"] for event in labelled} == {"first"}
    assert len(past(docker, since, "label=a", "event=start")) == 2
    assert actions(past(docker, since, "type=volume")) == ["volume create"]
    assert actions(past(docker, since, "volume=vol")) == ["volume create"]
    assert {event["Type"] for event in past(docker, since, "image=busybox")} == {"container"}
    assert past(docker, since, "scope=swarm") == []
    assert len(past(docker, since, "daemon=x")) == 0
    times = [event["timeNano"] for event in past(docker, since)]
    assert times == sorted(times)
    until = docker("events", "--since", since, "--until", middle, "--format", FORMAT)
    assert all(json.loads(line)["timeNano"] <= float(middle) * 1e9 + 1000 for line in until.splitlines())


@pytest.mark.row("X6")
@pytest.mark.dockyard_only
def test_more_events_than_docker_remembers_and_all_of_before_a_restart(own_engine: Engine) -> None:
    """Docker has the last 256, of this run of the daemon."""
    docker = own_engine.docker
    since = f"{time.time():.6f}"
    for number in range(150):
        docker("volume", "create", f"v{number}")
    docker("volume", "rm", *(f"v{number}" for number in range(150)))
    own_engine.restart()
    events = past(docker, since, "type=volume")
    assert actions(events) == ["volume create"] * 150 + ["volume destroy"] * 150
    assert [event["Actor"]["ID"] for event in events[:150]] == [f"v{number}" for number in range(150)]


def test_health_checks_are_execs_of_which_events_tell(docker: Docker) -> None:
    since = f"{time.time():.6f}"
    docker("run", "-d", "--name", "checked", "--health-cmd", "true", "--health-interval", "100ms", "busybox", "top")
    wait_until(lambda: docker.field("checked", "{{.State.Health.Status}}") == "healthy", "a verdict", 20)
    docker("rm", "-f", "checked")
    seen = [event["Action"] for event in past(docker, since, "container=checked")]
    first = seen[seen.index("exec_create: /bin/sh -c true") :]
    assert first[:4] == [
        "exec_create: /bin/sh -c true",
        "exec_start: /bin/sh -c true",
        "exec_die",
        "health_status: healthy",
    ]


@pytest.mark.row("B26")
def test_attaching_committing_and_renaming_are_told(docker: Docker) -> None:
    container = docker("run", "-d", "--name", "before", "busybox", "sleep", "1000")
    since = f"{time.time():.6f}"
    attached = docker.start("attach", "--sig-proxy=false", "before")
    wait_until(
        lambda: "attach" in [event["Action"] for event in past(docker, since, f"container={container}")], "attach"
    )
    attached.kill()
    attached.communicate()
    image = docker("commit", "before", "of-an-event:1")
    docker("rename", "before", "after")
    told = {event["Action"]: event["Actor"]["Attributes"] for event in past(docker, since, f"container={container}")}
    assert told["attach"]["name"] == "before"
    assert (told["commit"]["name"], told["commit"]["imageID"]) == ("before", image)
    assert (told["rename"]["name"], told["rename"]["oldName"]) == ("after", "/before")
    docker("rm", "-f", container)
    docker("rmi", "of-an-event:1")
