"""Sockets that are good for a part of the API only, seen through the real client and by hand."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.peers import docker_client
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.http import request

pytestmark = pytest.mark.dockyard_only


@pytest.mark.row("X7")
def test_each_socket_has_its_scope(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    places = {name: f"unix://{tmp_path}/{name}" for name in ("read", "events", "team")}
    limits = {"read": "scope=read-only", "events": "scope=events", "team": "label=team=a"}
    engine = make_engine(*(f"--host={place}?{limits[name]}" for name, place in places.items()))
    reading, watching, team = (Docker(docker_client(place)) for place in places.values())
    ours = engine.docker("run", "-d", "--name", "ours", "--label", "team=a", "busybox", "sleep", "1000")
    theirs = engine.docker("run", "-d", "--name", "theirs", "--label", "team=b", "busybox", "sleep", "1000")

    assert sorted(reading("ps", "--format", "{{.Names}}").split()) == ["ours", "theirs"]
    assert reading.inspect("theirs")["Id"] == theirs
    for refused in (("stop", "ours"), ("exec", "ours", "true"), ("run", "busybox"), ("attach", "ours")):
        done = reading.result(*refused)
        assert done.code != 0
        # what the client says when an attach is refused is the status alone
        assert ("received 403" if refused[0] == "attach" else "this socket is read-only") in done.err
    assert request(f"{tmp_path}/read", "POST", f"/containers/{ours}/stop").status == 403
    assert request(f"{tmp_path}/read", "GET", f"/containers/{ours}/attach/ws").status == 403

    until = f"{time.time() + 0.1:.9f}"  # the client cuts a time without a fraction to the second that has begun
    span = ("--since", "1", "--until", until, "--filter", "event=start", "--format", "{{.Actor.Attributes.name}}")
    assert watching("events", *span).split() == ["ours", "theirs"]
    assert "this socket shows events only" in watching.result("ps").err

    assert team("ps", "-a", "--format", "{{.Names}}") == "ours"
    assert team("events", *span) == "ours"
    assert team("exec", "-i", "ours", "cat", stdin="heard") == "heard"
    assert "theirs doesn't have it" in team.result("exec", "theirs", "true").err
    assert "privileged execs are not allowed" in team.result("exec", "--privileged", "ours", "true").err
    assert "is not allowed" in team.result("run", "--label", "team=a", "-v", "/:/host", "busybox").err
    team("rm", "-f", "ours")
    assert team.result("rm", "-f", "theirs").code != 0
    assert engine.docker("ps", "-a", "--format", "{{.Names}}") == "theirs"
