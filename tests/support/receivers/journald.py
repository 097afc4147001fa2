"""systemd-journald as it is in Debian, in a mount namespace in which /run/systemd and /run/log are its own.

What shall log to it must be started through `enter`, because the journal's socket has one place only.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.fetch import fetch
from tests.peers.programs import environment_of
from tests.support.receivers.process import Process
from tests.support.wait import wait_until

NAMESPACE = """
mount --make-rprivate / && mkdir -p /run/systemd /run/log &&
mount -t tmpfs tmpfs /run/systemd && mount -t tmpfs tmpfs /run/log && echo ready && exec sleep 1000
"""
"""journald needs /etc/machine-id, which every Debian has."""


class Journald:
    """A running journal."""

    def __init__(self, enter: list[str], root: Path, environment: dict[str, str], log: Path) -> None:
        self.enter = enter
        self._journalctl = str(next(root.glob("**/bin/journalctl")))
        self._environment = environment
        daemon = str(next(root.glob("**/systemd-journald")))
        self.process = Process([*enter, daemon], log, environment)

    def start(self) -> None:
        """Start it (again), and wait until it serves."""
        self.process.start()
        wait_until(lambda: self._listens(), "the journal to listen")

    def entries(self, *matches: str) -> list[dict[str, Any]]:
        """The entries that match `FIELD=value`, oldest first."""
        command = [*self.enter, self._journalctl, "-o", "json", "--no-pager", "-q", *matches]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment, timeout=30)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _listens(self) -> bool:
        probe = "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect('/run/systemd/journal/socket')"
        return subprocess.run([*self.enter, sys.executable, "-c", probe], capture_output=True).returncode == 0


@contextmanager
def journald(folder: Path) -> Iterator[Journald]:
    """A journal that runs while the block does."""
    root = fetch("journald")
    environment = environment_of(root)
    private = [str(path.parent) for path in root.glob("**/libsystemd-shared-*.so")]
    environment["LD_LIBRARY_PATH"] = ":".join([*private, environment.get("LD_LIBRARY_PATH", "")])
    ready = folder / "namespace.log"
    with Process(["unshare", "-m", "sh", "-c", NAMESPACE], ready) as namespace:
        wait_until(lambda: "ready" in ready.read_text(), "the mount namespace")
        enter = ["nsenter", "-m", "-t", str(namespace.pid)]
        journal = Journald(enter, root, environment, folder / "journald.log")
        try:
            journal.start()
            yield journal
        finally:
            journal.process.kill()
