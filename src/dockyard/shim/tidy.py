"""Gives memory back when there has been quiet for a while: a shim lives long, and mostly does nothing."""

import gc
from collections.abc import Callable

from dockyard.shim.loop import Loop

QUIET_SECONDS = 1.0


class Tidy:
    """Calls `give_back` a second after the last `later`, not once for each."""

    def __init__(self, loop: Loop, give_back: Callable[[], None]) -> None:
        self._loop = loop
        self._give_back = give_back
        self._wanted = 0
        self._waiting = False

    def later(self) -> None:
        """Something used memory that isn't needed any more."""
        self._wanted += 1
        if not self._waiting:
            self._wait()

    def _wait(self) -> None:
        self._waiting = True
        wanted = self._wanted
        self._loop.call_later(QUIET_SECONDS, lambda: self._check(wanted))

    def _check(self, wanted: int) -> None:
        if wanted != self._wanted:
            self._wait()
            return
        self._waiting = False
        gc.collect()
        self._give_back()
