"""Clients that go away while the daemon waits for them: nothing of them is left."""

import os
from pathlib import Path

import pytest
from tests.integration.server.conftest import Ask
from tests.integration.server.wire import Wire
from tests.support.engine import Engine
from tests.support.wait import wait_until


def descriptors(engine: Engine) -> int:
    return len(os.listdir(f"/proc/{engine.pid}/fd"))


@pytest.mark.parametrize(
    "target",
    [
        "GET /events HTTP/1.1",
        "GET /containers/{id}/logs?stdout=1&follow=1 HTTP/1.1",
        "POST /containers/{id}/wait HTTP/1.1",
        "POST /containers/{id}/wait?condition=removed HTTP/1.1",
        "POST /containers/{id}/attach?stream=1&stdout=1 HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade",
    ],
)
def test_nothing_is_left_of_clients_that_went_away(engine: Engine, ask: Ask, sleeper: str, target: str) -> None:
    listeners = ask("GET", "/info").json()["NEventsListener"]
    before = descriptors(engine)
    wires = [Wire(engine.docker.socket) for _ in range(20)]
    for wire in wires:
        wire.send(target.replace("{id}", sleeper).encode() + b"\r\nHost: d\r\n\r\n")
        assert wire.head()[0] in (101, 200)  # the head comes at once, whatever the body waits for
    for wire in wires:
        wire.socket.close()
    wait_until(lambda: descriptors(engine) <= before, "the daemon to let go of the connections", 5)
    assert ask("GET", "/info").json()["NEventsListener"] == listeners
    assert ask("GET", f"/containers/{sleeper}/json").json()["State"]["Running"] is True


def test_a_stop_goes_on_when_its_client_goes_away(engine: Engine, ask: Ask) -> None:
    body = {"Image": "busybox", "Cmd": ["sh", "-c", "trap 'sleep 1; exit 9' TERM; while :; do sleep 0.1; done"]}
    container = ask("POST", "/containers/create", body).json()["Id"]
    ask("POST", f"/containers/{container}/start")
    with Wire(engine.docker.socket) as events, Wire(engine.docker.socket) as wire:
        events.send(b"GET /events HTTP/1.1\r\nHost: d\r\n\r\n")
        events.head()
        wire.post(f"/containers/{container}/stop?t=20")
        events.until(b'"Action":"kill"')
    ended = ask("POST", f"/containers/{container}/wait").json()
    assert ended["StatusCode"] == 9
    assert ask("GET", f"/containers/{container}/json").json()["State"]["Status"] == "exited"


def test_a_load_that_breaks_off_leaves_nothing(engine: Engine, ask: Ask) -> None:
    images = {image["Id"] for image in ask("GET", "/images/json?all=1").json()}
    before = descriptors(engine)
    files = set(Path(engine.data).rglob("content/**/*"))
    with Wire(engine.docker.socket) as wire:
        wire.send(b"POST /images/load HTTP/1.1\r\nHost: d\r\nContent-Length: 100000000\r\n\r\n" + b"\0" * 1_000_000)
    wait_until(lambda: descriptors(engine) <= before, "the load to end", 10)
    assert {image["Id"] for image in ask("GET", "/images/json?all=1").json()} == images
    wait_until(lambda: set(Path(engine.data).rglob("content/**/*")) <= files, "the upload to be swept", 5)
