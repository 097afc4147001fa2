"""Attach and exec: whose descriptor it is when the engine fails in a way that nobody foresaw."""

import os
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.engine.containers.state import Status
from dockyard.errors import Conflict
from dockyard.server.docker.endpoints.containers.attach import container_attach
from dockyard.server.docker.endpoints.execs import exec_start
from dockyard.server.docker.http.answers import HijackAnswer, Hijacked
from dockyard.server.docker.http.query import Query
from dockyard.server.docker.sessions import client_socket


@pytest.fixture
def client() -> Iterator[tuple[int, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    yield ours.detach(), theirs
    theirs.close()


def failing_engine(error: Exception) -> Any:
    async def fail(*_: object) -> None:
        raise error

    async def inspect(_: str) -> Any:
        config = SimpleNamespace(attach_stdin=True, attach_stdout=True, attach_stderr=True, detach_keys="", tty=True)
        return SimpleNamespace(container_id="x", config=config)

    record = SimpleNamespace(
        id="x",
        state=SimpleNamespace(status=Status.RUNNING, running=True),
        config=SimpleNamespace(open_stdin=True, tty=True),
    )
    return SimpleNamespace(
        containers=SimpleNamespace(get=lambda _: record, attach=fail),
        execs=SimpleNamespace(inspect=inspect, start=fail),
    )


def call(error: Exception) -> Any:
    async def json(_: object) -> dict[str, bool]:
        return {"tty": True}

    return SimpleNamespace(
        engine=failing_engine(error), query=Query("stream=1&stdout=1"), name="x", version=(1, 47), json=json
    )


@pytest.mark.parametrize("endpoint", [container_attach, exec_start])
@pytest.mark.parametrize(
    ("error", "said"), [(Conflict("is paused"), b"is paused"), (RuntimeError("a defect"), b"")], ids=["ours", "defect"]
)
async def test_a_session_that_fails_is_closed(
    client: tuple[int, socket.socket], endpoint: Any, error: Exception, said: bytes
) -> None:
    fd, theirs = client
    answer = await endpoint(call(error))
    assert isinstance(answer, HijackAnswer)
    with pytest.raises(type(error)):
        await answer.receive(Hijacked(fd, b""))
    assert said in theirs.recv(100)
    assert theirs.recv(100) == b""
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


@pytest.mark.parametrize(
    ("tty", "framed", "multiplexed", "keys"),
    [
        (False, None, True, b""),  # without a terminal all bytes are the program's
        (True, None, False, b"\x10\x11"),
        (True, True, True, b"\x10\x11"),  # an exec created with a terminal and started without (docker-py)
        (False, False, False, b""),
    ],
)
def test_keys_belong_to_the_terminal_and_frames_to_the_answer(
    tty: bool, framed: bool | None, multiplexed: bool, keys: bytes
) -> None:
    made = client_socket(Hijacked(-1, b""), streams=("stdout",), tty=tty, framed=framed, detach_keys=b"\x10\x11")
    assert (made.multiplexed, made.detach_keys) == (multiplexed, keys)
