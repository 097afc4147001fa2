"""Deleting what nobody needs any more, by another process and in batches.

A removed container leaves some thirty small files. Deleting them takes milliseconds that no answer has to wait for, and
threads of this process that did it would fight with the event loop for the interpreter lock; so a fork of the
supervisor does it. What a SIGKILL leaves is swept at the next start, because by then no record names it.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from dockyard.errors import DockyardError, SystemFailure
from dockyard.supervisor.client import SupervisorClient

PAUSE_SECONDS = 0.05
"""How long a batch is collected: long enough for a burst to share one fork."""

RETRY_SECONDS = 5.0
"""How long is waited when the supervisor can't be had."""

Start = Callable[[str, Coroutine[Any, Any, None]], object]
Report = Callable[[str, BaseException], None]


class Deletion:
    """Directories on their way out. Used on the event loop's thread."""

    def __init__(self, supervisor: SupervisorClient, start: Start, report: Report) -> None:
        """`start` runs a coroutine in the background, `report` is told of what couldn't be deleted."""
        self._supervisor = supervisor
        self._start = start
        self._report = report
        self._waiting: list[str] = []
        self._running = False

    def move(self, path: str, waiting: str) -> None:
        """Moves the tree at `path` into the directory `waiting` (of the same file system), out of everybody's sight."""
        place = f"{waiting}/{os.path.basename(path)}-{os.urandom(4).hex()}"
        try:
            os.rename(path, place)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SystemFailure(f"moving {path} out of the way: {error.strerror}") from error
        self.add((place,))

    def add(self, paths: Sequence[str]) -> None:
        """Has the directory trees at `paths` deleted soon; ones that don't exist are fine."""
        self._waiting.extend(paths)
        if self._waiting and not self._running:
            self._running = True
            self._start("delete", self._work())

    async def _work(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(PAUSE_SECONDS)
                batch, self._waiting = self._waiting, []
                await self._delete(batch)
        finally:
            self._running = False

    async def _delete(self, batch: list[str]) -> None:
        try:
            failures = await self._supervisor.remove_trees(batch)
        except DockyardError as error:
            self._report("delete", error)
            self._waiting.extend(batch)
            await asyncio.sleep(RETRY_SECONDS)
            return
        for path, reason in failures.items():
            self._report("delete", SystemFailure(f"{path}: {reason}"))
