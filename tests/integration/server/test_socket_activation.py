"""A daemon that is started as systemd starts one: with its sockets open already."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.peers.guarded import Guard
from tests.support.engine import PROGRAMS
from tests.support.http import request
from tests.support.wait import wait_until

LAUNCHER = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="api")
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What a service manager does: it opens the socket, says whom it is for, and becomes him."""


def command(home: Path, host: str) -> list[str]:
    """A dockyardd with all its folders below `home`."""
    folders = [f"--data-root={home}/data", f"--exec-root={home}/run", f"--pidfile={home}/pid"]
    return [str(PROGRAMS / "dockyardd"), *folders, "--bridge=none", f"--host={host}"]


@pytest.mark.row("A18")
@pytest.mark.parametrize("host", ["fd://", "fd://api", "fd://3"])
def test_it_answers_on_the_socket_that_was_passed(tmp_path: Path, host: str) -> None:
    path, log = tmp_path / "passed.sock", tmp_path / "log"
    with Guard([tmp_path / "home"]) as guard:
        guard.start([sys.executable, "-c", LAUNCHER, str(path), *command(tmp_path / "home", host)], log)
        wait_until(lambda: _listens(path), "the launcher to listen", 5)
        # The connection waits in the backlog until the daemon is up.
        assert request(str(path), "GET", "/_ping").body == b"OK"
        wait_until(lambda: f"API listen on {path}" in log.read_text(), "the daemon to say where it listens", 5)
        supervisor = (tmp_path / "home" / "run" / "supervisor.pid").read_text().strip()
        assert b"LISTEN_" not in Path(f"/proc/{supervisor}/environ").read_bytes()
    assert path.exists()  # it is systemd's


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def test_without_sockets_it_says_so_and_touches_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = subprocess.run(command(home, "fd://"), capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "no sockets found via socket activation: make sure the service was started by systemd" in said
    assert not (home / "data").exists()


def test_a_host_that_cannot_be_had_leaves_the_others_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = subprocess.run(
        [*command(home, f"unix://{tmp_path}/d.sock"), "--host=tcp://192.0.2.1:1", "--tls=false"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "listen tcp 192.0.2.1:1" in done.stdout + done.stderr
    assert not (tmp_path / "d.sock").exists()
