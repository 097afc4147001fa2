"""`-H fd://`: which of the sockets that systemd passed in are meant."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockyard.cmd.passed_sockets import passed_sockets
from dockyard.errors import DockyardError, InvalidParameter, NotFound, SystemFailure
from dockyard.server.docker.http.listen import display, open_listeners
from dockyard.server.docker.http.passed import PassedSocket, take_passed


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[list[PassedSocket]]:
    """Two listening sockets, unix and TCP, and one that doesn't listen."""
    unix, tcp, idle = socket.socket(socket.AF_UNIX), socket.socket(), socket.socket()
    unix.bind(str(tmp_path / "a.sock"))
    unix.listen()
    tcp.bind(("127.0.0.1", 0))
    tcp.listen()
    yield [PassedSocket(unix.fileno(), "api"), PassedSocket(tcp.fileno(), "web"), PassedSocket(idle.fileno(), "idle")]
    for one in (unix, tcp, idle):
        one.close()


def names(taken: list[socket.socket]) -> list[str]:
    found = [display(one) for one in taken]
    for one in taken:
        assert one.getblocking() is False
        one.close()
    return found


def test_all_by_name_and_by_number(sockets: list[PassedSocket], tmp_path: Path) -> None:
    listening = sockets[:2]
    path, address = str(tmp_path / "a.sock"), display(socket.socket(fileno=os.dup(sockets[1].fd)))
    for address_text in ("fd://", "fd://*"):
        assert names(open_listeners(address_text, passed=listening)) == [path, address]
    assert names(open_listeners("fd://api", passed=listening)) == [path]
    assert names(open_listeners(f"fd://{sockets[1].fd}", passed=listening)) == [address]


@pytest.mark.parametrize(
    ("wanted", "error", "message"),
    [
        ("other", NotFound, "no socket named other was passed in by systemd"),
        ("4095", NotFound, "too few socket activated files passed in by systemd"),
        ("2", InvalidParameter, "should be 3 or higher: 2"),
        ("idle", SystemFailure, "not a listening stream socket"),
    ],
)
def test_what_is_refused(sockets: list[PassedSocket], wanted: str, error: type[DockyardError], message: str) -> None:
    with pytest.raises(error, match=message):
        take_passed(wanted, sockets)


def test_nothing_was_passed() -> None:
    with pytest.raises(NotFound) as refused:
        open_listeners("fd://")
    assert str(refused.value) == (
        "no sockets found via socket activation: make sure the service was started by systemd"
    )


@pytest.mark.parametrize(
    "environment",
    [{}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "2", "LISTEN_FDS": "1"}, {"LISTEN_PID": "1", "LISTEN_FDS": "x"}],
)
def test_an_environment_that_is_not_meant_for_us(environment: dict[str, str]) -> None:
    assert passed_sockets(environment, 1) == ()
    assert environment == {}


def test_an_environment_that_is() -> None:
    environment = {"LISTEN_PID": "7", "LISTEN_FDS": "0", "LISTEN_FDNAMES": "", "PATH": "/bin"}
    assert passed_sockets(environment, 7) == ()
    assert environment == {"PATH": "/bin"}
