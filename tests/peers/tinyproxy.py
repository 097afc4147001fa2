"""Debian's tinyproxy, a real HTTP proxy: plain requests by their whole URL, TLS through CONNECT.

with tinyproxy(folder, user=("me", "secret")) as it: it.url → "http://me:secret@127.0.0.1:41234"
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.peers.guarded import Guard
from tests.peers.programs import program
from tests.support.wait import wait_until


class RunningProxy(NamedTuple):
    """A proxy that answers. `address` is host and port, `url` has the user's name and password in it."""

    address: str
    url: str
    log: Path

    def asked(self) -> list[str]:
        """The request lines that it has got: `CONNECT host:443 HTTP/1.1`."""
        lines = self.log.read_text().splitlines()
        return [line.partition("): ")[2] for line in lines if "Request (file descriptor" in line]


@contextmanager
def tinyproxy(folder: Path, *, user: tuple[str, str] | None = None) -> Iterator[RunningProxy]:
    """Run one until the block ends; with `user` (name, password) only for who names them."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "tinyproxy.log"
    lines = [
        f"Port {port}",
        "Listen 127.0.0.1",
        "Timeout 60",
        "Allow 127.0.0.1",
        f'LogFile "{log}"',
        "LogLevel Connect",
    ]
    lines += [f"BasicAuth {user[0]} {user[1]}"] if user else []
    (folder / "tinyproxy.conf").write_text("\n".join(lines) + "\n")
    log.touch()
    log.chmod(0o666)  # it may give up being root
    wanted = program("tinyproxy")
    with Guard([], grace_seconds=1) as guard:
        guard.start(
            [wanted.path, "-d", "-c", str(folder / "tinyproxy.conf")], folder / "tinyproxy.out", wanted.environment
        )
        wait_until(lambda: _answers(port), "tinyproxy to answer", 20)
        who = f"{user[0]}:{user[1]}@" if user else ""
        yield RunningProxy(f"127.0.0.1:{port}", f"http://{who}127.0.0.1:{port}", log)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
