"""Sending a signal to everything in a cgroup, without cgroup.kill of version 2."""

import os
from typing import Protocol

from dockyard.errors import DockyardError


class Freezable(Protocol):
    """What is needed of a cgroup."""

    def pids(self) -> list[int]:
        """All processes in it and below."""

    def freeze(self) -> None:
        """Stop them."""

    def thaw(self) -> None:
        """Let them go on."""


def kill_all(cgroup: Freezable, signal: int) -> None:
    """Send `signal` to every process in `cgroup`.

    While signals are sent the group is stopped, so that nothing forks away between the list and the signal. A group
    that can't be stopped gets its signals all the same.
    """
    if not cgroup.pids():
        return
    try:
        cgroup.freeze()
        stopped = True
    except DockyardError:
        stopped = False
    try:
        for pid in cgroup.pids():
            try:
                os.kill(pid, signal)
            except ProcessLookupError:
                continue
    finally:
        if stopped:
            cgroup.thaw()
