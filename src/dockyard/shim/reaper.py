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
        self._watched: dict[int, OnExit] = {}
        loop.on_signal(signal.SIGCHLD, self.reap)

    def watch(self, pid: int, on_exit: OnExit) -> None:
        """Call `on_exit(wait status)` when the child `pid`, which nobody has waited for yet, ends."""
        self._watched[pid] = on_exit

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
