"""Stopping all processes, version 2: cgroup-v2.rst "cgroup.freeze"."""

import select
import time

from dockyard.cgroups.files import read_table, write
from dockyard.errors import DeadlineExceeded, SystemFailure

_SECONDS = 2.0


def freeze(directory: str) -> None:
    """Stop all processes; returns when they are stopped. DeadlineExceeded when some can't be, which then go on."""
    write(directory, "cgroup.freeze", 1)
    if _wait(directory, 1):
        return
    write(directory, "cgroup.freeze", 0)
    raise DeadlineExceeded(f"timeout of {_SECONDS:g}s reached waiting for the cgroup to freeze")


def thaw(directory: str) -> None:
    """Let all processes go on."""
    write(directory, "cgroup.freeze", 0)
    if not _wait(directory, 0):
        raise DeadlineExceeded(f"timeout of {_SECONDS:g}s reached waiting for the cgroup to thaw")


def frozen(directory: str) -> bool:
    """Whether it is stopped; False when there is no such cgroup."""
    return read_table(directory, "cgroup.events").get("frozen", 0) == 1


def _wait(directory: str, wanted: int) -> bool:
    """Wait until cgroup.events says `frozen wanted`; the kernel wakes pollers of that file (POLLPRI)."""
    deadline = time.monotonic() + _SECONDS
    try:
        file = open(f"{directory}/cgroup.events", "rb")  # noqa: SIM115  closed by the with below
    except OSError as error:
        raise SystemFailure(f"open {directory}/cgroup.events: {error.strerror}") from error
    with file:
        poller = select.poll()
        poller.register(file, select.POLLPRI)
        while read_table(directory, "cgroup.events").get("frozen", 0) != wanted:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            file.seek(0)
            file.read()
            poller.poll(min(left, 0.01) * 1000)
    return True
