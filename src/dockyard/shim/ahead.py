"""Processes that are begun before they are asked for, and wait right before their program.

    prepare_exec ──► begun for the exec of that id: its client takes a millisecond to ask for it
    the same exec has ended twice within a second ──► begun for whoever asks for just that next: `docker exec` in a loop

What the container may change meanwhile is looked up when it is asked for: working directory, program, HOME.

Nothing depends on it: what can't be begun, isn't, and the start does everything. What waits has no more rights than its
program will have, and is killed when nobody wants it within a second. docs/adr/0012-steps-made-before-the-fork.md
"""

import time
from collections.abc import Callable, Container
from contextlib import suppress
from typing import Any, NamedTuple

from dockyard.errors import DockyardError
from dockyard.shim.driver import Driver
from dockyard.shim.exec_launch import ExecLaunch
from dockyard.shim.loop import Timer
from dockyard.shim.surroundings import Surroundings

PREPARED_SECONDS = 1.0
"""How long a process that was begun ahead waits to be wanted."""

REPEATED_SECONDS = 1.0
"""An exec is repeated when the next one like it ends not later than this after it."""

AFTERWARDS_SECONDS = 0.003
"""Before the next one is begun: whoever got this one's end has to be served first."""

MOST_PREPARED = 4

_NEXT = ".next"
"""No exec's id: what waits for the next one, whatever that is called."""


class Wanted(NamedTuple):
    """What an exec was asked with: the OCI `process` as JSON, and whether its stdin is open."""

    process: dict[str, Any]
    open_stdin: bool


class _Begun(NamedTuple):
    wanted: Wanted
    launch: ExecLaunch
    expiry: Timer


class Ahead:
    """What waits in one container.

    Args:
        around: the loop.
        driver: of the container.
        begin: begins a process that waits, with pipes for a client.
    """

    def __init__(self, around: Surroundings, driver: Driver, begin: Callable[[Wanted], ExecLaunch]) -> None:
        self._around = around
        self._driver = driver
        self._begin = begin
        self._begun: dict[str, _Begun] = {}
        self._last: tuple[Wanted, float] | None = None

    def prepare(self, exec_id: str, wanted: Wanted) -> None:
        """Begin what is likely to be started, with its client attached, in a moment."""
        if not self._driver.waits or wanted.process.get("terminal"):
            return
        launch = self._take(_NEXT, wanted)
        if launch is None and len(self._begun) >= MOST_PREPARED:
            return
        self._keep(exec_id, wanted, launch)

    def take(self, exec_id: str, wanted: Wanted, *, attached: bool) -> ExecLaunch | None:
        """What was begun for the exec, or for the next one like it, if it is what is wanted now."""
        nothing = Wanted({}, False)  # a detached one has other pipes
        launch = self._take(exec_id, wanted if attached else nothing)
        return launch or self._take(_NEXT, wanted if attached else nothing)

    def has(self, exec_id: str) -> bool:
        """Whether something waits for that exec."""
        return exec_id in self._begun

    def ended(self, wanted: Wanted) -> None:
        """An exec with an attached client has ended. If it was the second like it, a third may come."""
        if not self._driver.waits or wanted.process.get("terminal"):
            return
        now = time.monotonic()
        last, self._last = self._last, (wanted, now)
        if last is not None and last[0] == wanted and now - last[1] < REPEATED_SECONDS:
            self._around.loop.call_later(AFTERWARDS_SECONDS, lambda: self._begin_next(wanted))

    def abandon_all(self) -> None:
        """End all that waits: the container is about to be frozen, in which state nothing would end."""
        self._last = None
        for exec_id in tuple(self._begun):
            begun = self._begun.pop(exec_id)
            begun.expiry.cancel()
            begun.launch.abandon()

    def uninvited(self) -> Container[int]:
        """Processes that nobody has asked for."""
        begun = self._begun.get(_NEXT)
        return () if begun is None else (begun.launch.pid,)

    def _begin_next(self, wanted: Wanted) -> None:
        with suppress(DockyardError):
            still_the_last = self._last is not None and self._last[0] is wanted
            # Not beside others, nor as one more where processes are counted.
            if still_the_last and not self._begun and not self._driver.counts_processes():
                self._keep(_NEXT, wanted, None)

    def _keep(self, exec_id: str, wanted: Wanted, launch: ExecLaunch | None) -> None:
        if launch is None:
            try:
                launch = self._begin(wanted)
            except (DockyardError, OSError):
                return
        expiry = self._around.loop.call_later(PREPARED_SECONDS, lambda: self._begun.pop(exec_id).launch.abandon())
        self._begun[exec_id] = _Begun(wanted, launch, expiry)

    def _take(self, exec_id: str, wanted: Wanted) -> ExecLaunch | None:
        """What waits under `exec_id`, which is killed if it isn't what is `wanted`."""
        begun = self._begun.pop(exec_id, None)
        if begun is None:
            return None
        begun.expiry.cancel()
        if begun.wanted == wanted:
            return begun.launch
        begun.launch.abandon()
        return None
