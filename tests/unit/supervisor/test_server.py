"""The supervisor's loop when the machine has no descriptors or processes left."""

import errno
import json
import os
import socket
from collections.abc import Callable
from typing import NoReturn

import pytest

from dockyard.supervisor import server


class Ended(BaseException):
    """Ends the loop."""


class Listener:
    """Accepts what it is given, one after the other: errors are raised."""

    def __init__(self, *given: int | BaseException) -> None:
        self._given = list(given)

    def setblocking(self, _blocking: bool) -> None: ...

    def _accept(self) -> tuple[int, None]:
        given = self._given.pop(0)
        if isinstance(given, BaseException):
            raise given
        return given, None


def failure(number: int) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


def serve(monkeypatch: pytest.MonkeyPatch, listener: Listener, fork: Callable[[], int]) -> list[BaseException]:
    """What was reported."""
    reported: list[BaseException] = []
    for name in ("set_child_subreaper", "ignore"):
        monkeypatch.setattr(server, name, lambda _value: None)
    monkeypatch.setattr(server, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(os, "fork", fork)
    with pytest.raises(Ended):
        server.serve(listener, lambda _connection: os._exit(0), reported.append)  # type: ignore[arg-type]
    return reported


def test_a_shortage_is_reported_once_and_outlived(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = os.pipe()
    shortages = [OSError(errno.EMFILE, "Too many open files") for _ in range(3)]
    listener = Listener(OSError(errno.ECONNABORTED, "aborted"), *shortages, one, shortages[0], other, Ended())
    assert [error.errno for error in serve(monkeypatch, listener, lambda: 1)] == [errno.EMFILE] * 2  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(one)


def test_who_cannot_be_forked_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        reported = serve(monkeypatch, Listener(theirs.detach(), Ended()), failure(errno.EAGAIN))
        answer = json.loads(ours.recv(4096))
        assert (answer["seq"], answer["error"]["kind"]) == (None, "SystemFailure")
        assert answer["error"]["message"] == "the supervisor can't fork: Resource temporarily unavailable"
        assert ours.recv(1) == b""
    assert len(reported) == 1
