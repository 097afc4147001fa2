"""Removes links in a thread of its own, because the kernel takes 15 to 40 ms for each.

Most go without our doing: when a sandbox is let go, the kernel takes its links down by itself. So a link gets a
moment of grace before it is deleted by name, and what has gone by then costs nothing.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.drivers.bridge.endpoint import unplug

GRACE_SECONDS: Final = 2.0


class Reaper:
    """A queue of names of links to remove, and the thread that does it; it runs only while there is something to do."""

    def __init__(self, rtnl: Callable[[], NetlinkSocket], clock: Callable[[], float] = time.monotonic) -> None:
        """`rtnl` opens a socket in the namespace of the links, for the thread alone."""
        self._rtnl = rtnl
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[str, float] = {}
        self._running = False
        self._closed = False

    def remove(self, name: str, grace_seconds: float = GRACE_SECONDS) -> None:
        """Have the link gone before long; returns at once."""
        with self._changed:
            self._due[name] = self._clock() + grace_seconds
            if self._running:
                self._changed.notify()
            elif not self._closed:
                self._running = True
                threading.Thread(target=self._work, name="dockyard-links", daemon=True).start()

    def close(self) -> None:
        """Stop. What isn't removed yet is found by the next start of the network."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _work(self) -> None:
        rtnl = self._rtnl()
        try:
            while (name := self._next()) is not None:
                with suppress(OSError):
                    unplug(rtnl, name)
        finally:
            rtnl.close()

    def _next(self) -> str | None:
        """Wait for the next link that is due; None when there is nothing left to do."""
        with self._changed:
            while self._due and not self._closed:
                name = min(self._due, key=self._due.__getitem__)
                wait_seconds = self._due[name] - self._clock()
                if wait_seconds <= 0:
                    del self._due[name]
                    return name
                self._changed.wait(wait_seconds)
            self._running = False
            return None
