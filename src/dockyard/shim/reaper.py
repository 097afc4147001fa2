"""Waits for every child, also for orphans that this process gets because it is a child subreaper.

https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
"""

import os
import signal
from collections.abc import Callable

from dockyard.shim.loop import Loop

OnExit = Callable[[int], None]


class Reaper:
    """Calls back with the wait status of the children that somebody watches; the rest is only reaped.

    Code that waits for a child of its own may do so at any time: this waits only from the loop.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._watched: dict[int, OnExit] = {}
        self._holding = 0
        self._early: dict[int, int] = {}
        loop.on_signal(signal.SIGCHLD, self.reap)

    def watch(self, pid: int, on_exit: OnExit) -> None:
        """Call `on_exit(wait status)` when the child `pid` ends, which nobody has waited for yet, or under `hold`."""
        status = self._early.pop(pid, None)
        if status is None:
            self._watched[pid] = on_exit
        else:
            self._loop.call_later(0, lambda: on_exit(status))

    def hold(self, pid: int) -> None:
        """From now on remember how children end that nobody watches: `pid` (0 if it isn't known) is watched later."""
        self._early.pop(pid, None)  # it was of an earlier process with the same number
        self._holding += 1

    def release(self) -> None:
        """Take one `hold` back."""
        self._holding -= 1
        if not self._holding:
            self._early.clear()

    def reap(self) -> None:
        """Wait for all children that have ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            on_exit = self._watched.pop(pid, None)
            if on_exit is not None:
                on_exit(status)
            elif self._holding:
                self._early[pid] = status
