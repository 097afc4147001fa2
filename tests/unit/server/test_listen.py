"""Sockets: mode and group, stale ones, ones in use, addresses good and bad."""

import grp
import os
import socket
import stat
from pathlib import Path

import pytest

from dockyard.errors import AlreadyExists, InvalidParameter, SystemFailure
from dockyard.server.docker.http.listen import open_listener


def test_a_unix_socket_is_for_its_group(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "d.sock"
    with open_listener(f"unix://{path}"):
        status = path.stat()
        assert stat.S_ISSOCK(status.st_mode)
        assert stat.S_IMODE(status.st_mode) == 0o660
        try:
            assert status.st_gid == grp.getgrnam("docker").gr_gid
        except KeyError:
            assert status.st_gid == os.getgid()


@pytest.mark.root
def test_a_unix_socket_gets_the_group_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    with open_listener(f"unix://{path}", group="daemon"):
        assert path.stat().st_gid == grp.getgrnam("daemon").gr_gid


def test_an_unknown_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="group nosuchgroup not found"):
        open_listener(f"unix://{tmp_path}/d.sock", group="nosuchgroup")


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    with open_listener(f"unix://{path}"):
        socket.socket(socket.AF_UNIX).connect(str(path))


def test_a_socket_in_use_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    with open_listener(f"unix://{path}"):
        with pytest.raises(AlreadyExists, match="another daemon"):
            open_listener(f"unix://{path}")
        socket.socket(socket.AF_UNIX).connect(str(path))


def test_a_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(AlreadyExists, match="isn't a socket"):
        open_listener(f"unix://{path}")
    assert path.read_text() == "data"


def test_a_path_longer_than_a_socket_address(tmp_path: Path) -> None:
    """No client could connect to it."""
    with pytest.raises(SystemFailure, match="path too long"):
        open_listener(f"unix://{tmp_path}/{'d' * 120}.sock")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://localhost:0", "tcp://:0"])
def test_tcp(address: str) -> None:
    with open_listener(address) as listener:
        assert listener.getsockname()[0] in ("127.0.0.1", "::1")
        assert listener.getsockname()[1] > 0


def test_a_port_in_use() -> None:
    with open_listener("tcp://127.0.0.1:0") as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AlreadyExists, match="bind: address already in use"):
            open_listener(f"tcp://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "address", ["", "docker.sock", "http://127.0.0.1:0", "tcp://127.0.0.1:http", "tcp://127.0.0.1:70000", "fd://"]
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(InvalidParameter):
        open_listener(address)


def test_an_address_of_another_machine() -> None:
    with pytest.raises(SystemFailure, match="annot assign requested address"):
        open_listener("tcp://192.0.2.1:0")
