"""The network's companion of an engine: which process it is, and its end after a test that leaves containers."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.support.engine import is_alive
from tests.support.wait import wait_until


def companion_pid(exec_root: Path) -> int | None:
    """Pid of the companion that lives for this exec-root."""
    try:
        pid = int((exec_root / "network.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if words[:1] == [b"dockyard-network"] and f"{exec_root}/network.sock".encode() in words else None


def kill_companion(exec_root: Path) -> None:
    """SIGKILL it, if it lives, and wait until it is gone."""
    pid = companion_pid(exec_root)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        # not until its command line is gone: that goes before its sockets do
        wait_until(lambda: not is_alive(pid), "the companion to be gone")
