"""attach, exec and logs byte by byte, against containers that run."""

import json

import pytest
from tests.integration.server.conftest import Ask
from tests.integration.server.wire import Wire, frames
from tests.support.engine import Engine

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"


@pytest.fixture
def path(engine: Engine) -> str:
    """The engine's socket."""
    return engine.docker.socket


def make(ask: Ask, *command: str, **config: object) -> str:
    """A container that has not been started; its id."""
    created = ask("POST", "/containers/create", {"Image": "busybox", "Cmd": list(command), **config})
    assert created.status == 201, created.body
    container: str = created.json()["Id"]
    return container


@pytest.mark.parametrize(("version", "content_type"), [("v1.41", RAW), ("v1.42", MULTIPLEXED), ("v1.55", MULTIPLEXED)])
def test_attach_before_the_start_sees_every_byte(ask: Ask, path: str, version: str, content_type: str) -> None:
    container = make(ask, "sh", "-c", "echo out; echo err >&2; exit 3")
    with Wire(path) as wire:
        wire.post(f"/{version}/containers/{container}/attach?stream=1&stdout=1&stderr=1")
        status, headers = wire.head()
        assert (status, headers["content-type"], headers["upgrade"]) == (101, content_type, "tcp")
        assert ask("POST", f"/containers/{container}/start").status == 204
        assert frames(wire.everything()) == {1: b"out\n", 2: b"err\n"}
    assert ask("POST", f"/containers/{container}/wait").json() == {"StatusCode": 3}


def test_attach_chooses_streams(ask: Ask, path: str) -> None:
    container = make(ask, "sh", "-c", "echo out; echo err >&2")
    with Wire(path) as wire:
        wire.post(f"/containers/{container}/attach?stream=1&stderr=1")
        wire.head()
        ask("POST", f"/containers/{container}/start")
        assert frames(wire.everything()) == {2: b"err\n"}


@pytest.mark.parametrize("upgrade", [True, False], ids=["upgrade", "raw"])
def test_stdin_half_close_then_output(ask: Ask, path: str, upgrade: bool) -> None:
    """`docker run -i` without and with the upgrade: what cat was given comes back after stdin has ended."""
    container = make(ask, "cat", OpenStdin=True, StdinOnce=True, AttachStdin=True)
    data = bytes(range(256)) * 4000
    with Wire(path) as wire:
        wire.post(f"/v1.50/containers/{container}/attach?stream=1&stdin=1&stdout=1", upgrade=upgrade)
        status, headers = wire.head()
        assert (status, headers["content-type"]) == ((101, MULTIPLEXED) if upgrade else (200, RAW))
        ask("POST", f"/containers/{container}/start")
        received = _exchange(wire, data)
        assert frames(received) == {1: data}


def _exchange(wire: Wire, data: bytes) -> bytes:
    """Sends `data`, half-closes and reads to the end, all at once: more than the buffers hold goes through."""
    from threading import Thread

    def send() -> None:
        wire.send(data)
        wire.half_close()

    sender = Thread(target=send)
    sender.start()
    received = wire.everything()
    sender.join(10)
    return received


def test_bytes_right_behind_the_request_reach_stdin(ask: Ask, path: str) -> None:
    container = make(ask, "cat", OpenStdin=True, StdinOnce=True, AttachStdin=True)
    with Wire(path) as wire:
        target = f"/containers/{container}/attach?stream=1&stdin=1&stdout=1"
        wire.send(f"POST {target} HTTP/1.1\r\nHost: d\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\nearly\n".encode())
        wire.head()
        ask("POST", f"/containers/{container}/start")
        wire.half_close()
        assert frames(wire.everything()) == {1: b"early\n"}


def test_a_terminal_has_no_frames(ask: Ask, path: str) -> None:
    container = make(ask, "sh", "-c", "echo out; echo err >&2", Tty=True)
    with Wire(path) as wire:
        wire.post(f"/v1.50/containers/{container}/attach?stream=1&stdout=1&stderr=1")
        assert wire.head()[1]["content-type"] == RAW
        ask("POST", f"/containers/{container}/start")
        assert wire.everything() == b"out\r\nerr\r\n"


def test_attach_with_logs_begins_with_what_was_said(ask: Ask, path: str) -> None:
    container = make(ask, "sh", "-c", "echo before; read x; echo after $x", OpenStdin=True)
    ask("POST", f"/containers/{container}/start")
    with Wire(path) as wire:
        wire.post(f"/containers/{container}/attach?stream=1&stdin=1&stdout=1&stderr=1&logs=1")
        wire.head()
        said = wire.until(b"before\n")
        wire.send(b"now\n")
        assert frames(said + wire.everything()) == {1: b"before\nafter now\n"}


def test_exec(ask: Ask, path: str, sleeper: str) -> None:
    config = {
        "Cmd": ["sh", "-c", "cat; echo err >&2; exit 7"],
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
    }
    exec_id = ask("POST", f"/containers/{sleeper}/exec", config).json()["Id"]
    before = ask("GET", f"/exec/{exec_id}/json").json()
    assert (before["Running"], before["ExitCode"], before["Pid"]) == (False, None, 0)
    with Wire(path) as wire:
        wire.post(f"/v1.50/exec/{exec_id}/start", json.dumps({"Detach": False, "Tty": False}).encode())
        status, headers = wire.head()
        assert (status, headers["content-type"]) == (101, MULTIPLEXED)
        wire.send(b"through stdin")
        wire.half_close()
        assert frames(wire.everything()) == {1: b"through stdin", 2: b"err\n"}
    after = ask("GET", f"/exec/{exec_id}/json").json()
    assert (after["Running"], after["ExitCode"], after["ContainerID"]) == (False, 7, sleeper)
    assert after["ProcessConfig"] == {
        "tty": False,
        "entrypoint": "sh",
        "arguments": ["-c", "cat; echo err >&2; exit 7"],
        "privileged": False,
    }


def test_exec_of_nothing(ask: Ask, path: str, sleeper: str) -> None:
    exec_id = ask("POST", f"/containers/{sleeper}/exec", {"Cmd": ["nosuch"], "AttachStdout": True}).json()["Id"]
    with Wire(path) as wire:
        wire.post(f"/exec/{exec_id}/start", b"{}")
        assert wire.head()[0] == 101
        said = b"".join(frames(wire.everything()).values())
    assert b'exec: "nosuch": executable file not found in $PATH' in said
    assert ask("GET", f"/exec/{exec_id}/json").json()["ExitCode"] == 127


def test_a_detached_exec_answers_at_once(ask: Ask, sleeper: str) -> None:
    exec_id = ask("POST", f"/containers/{sleeper}/exec", {"Cmd": ["sleep", "900"]}).json()["Id"]
    assert ask("POST", f"/exec/{exec_id}/start", {"Detach": True}).status == 200
    running = ask("GET", f"/exec/{exec_id}/json").json()
    assert running["Running"] is True
    assert running["Pid"] > 1


def test_logs(ask: Ask) -> None:
    container = make(ask, "sh", "-c", "echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three")
    ask("POST", f"/containers/{container}/start")
    ask("POST", f"/containers/{container}/wait")
    logs = f"/containers/{container}/logs"
    both = ask("GET", f"{logs}?stdout=1&stderr=1")
    assert both.headers["content-type"] == MULTIPLEXED
    assert frames(both.body) == {1: b"one\nthree\n", 2: b"two\n"}
    assert ask("GET", f"/v1.41{logs}?stdout=1").headers["content-type"] == RAW
    assert frames(ask("GET", f"{logs}?stderr=1").body) == {2: b"two\n"}
    assert frames(ask("GET", f"{logs}?stdout=1&stderr=1&tail=1").body) == {1: b"three\n"}
    stamped = frames(ask("GET", f"{logs}?stdout=1&tail=1&timestamps=1").body)[1].decode()
    moment, _, line = stamped.partition(" ")
    assert line == "three\n"
    assert len(moment) == len("2006-01-02T15:04:05.000000000Z")
    assert frames(ask("GET", f"{logs}?stdout=1&since=9999999999").body) == {}


def test_many_short_lines_are_sent_in_large_pieces(ask: Ask, path: str) -> None:
    container = make(ask, "sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
    ask("POST", f"/containers/{container}/start")
    ask("POST", f"/containers/{container}/wait")
    with Wire(path) as wire:
        wire.send(f"GET /containers/{container}/logs?stdout=1 HTTP/1.0\r\n\r\n".encode())
        assert wire.head()[0] == 200
        assert frames(wire.everything()) == {1: b"".join(b"line %d\n" % number for number in range(20000))}


def test_attach_for_the_log_alone(ask: Ask, path: str) -> None:
    """`logs` without `stream`: what was said, more than a socket's buffer holds, and then the end."""
    container = make(ask, "sh", "-c", "i=0; while [ $i -lt 50000 ]; do echo line $i; i=$((i+1)); done")
    ask("POST", f"/containers/{container}/start")
    ask("POST", f"/containers/{container}/wait")
    with Wire(path) as wire:
        wire.post(f"/containers/{container}/attach?logs=1&stdout=1&stderr=1")
        assert wire.head()[0] == 101
        assert frames(wire.everything()) == {1: b"".join(b"line %d\n" % number for number in range(50000))}
