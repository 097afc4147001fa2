"""Stopping all processes, version 1: Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst."""

import time

from dockyard.cgroups.files import read, read_if_present, write
from dockyard.errors import DeadlineExceeded

FILE = "freezer.state"
_TRIES = 1000
_WAIT_SECONDS = 0.0005
_THAW_EVERY = 50


def freeze(directory: str) -> None:
    """Stop all processes; returns when they are stopped. DeadlineExceeded when some can't be, which then go on.

    A process in the middle of something may keep the group in FREEZING for good; letting it go for a moment helps, as
    runc found (runc 1.0, "freezer: add delay after freeze").
    """
    for attempt in range(_TRIES):
        if attempt % _THAW_EVERY == _THAW_EVERY - 1:
            write(directory, FILE, "THAWED")
            time.sleep(_WAIT_SECONDS)
        write(directory, FILE, "FROZEN")
        if read(directory, FILE) == "FROZEN":
            return
        time.sleep(_WAIT_SECONDS)
    write(directory, FILE, "THAWED")
    raise DeadlineExceeded("unable to freeze")


def thaw(directory: str) -> None:
    """Let all processes go on."""
    write(directory, FILE, "THAWED")


def frozen(directory: str) -> bool:
    """Whether it is stopped, or being stopped; False when there is no such cgroup."""
    return read_if_present(directory, FILE) in ("FROZEN", "FREEZING")
