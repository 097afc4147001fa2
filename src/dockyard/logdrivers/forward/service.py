"""One courier for each spool; watches for new ones, and for what shims write."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

from dockyard.linux.inotify import IN_CREATE, IN_DELETE_SELF, IN_MODIFY, IN_MOVED_TO, WatchSet
from dockyard.logdrivers.forward.courier import Courier
from dockyard.logdrivers.forward.spool import spools_in

RETRY_SECONDS = 5.0
GRACE_SECONDS = 5.0
"""How long the forwarder waits for new spools when there are none."""


class Service:
    """Serves all spools in a directory.

    Args:
        spools: the directory.
        report: told in a line what goes wrong.
    """

    def __init__(self, spools: str, report: Callable[[str], None]) -> None:
        self._spools = spools
        self._report = report
        self._watches = WatchSet()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._couriers: dict[int, Courier] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Serves until there has been no spool for a while."""
        loop = asyncio.get_running_loop()
        directory = self._watches.add(self._spools, IN_CREATE | IN_MOVED_TO)
        loop.add_reader(self._watches.fileno(), self._on_change, directory)
        try:
            while True:
                self._changed.clear()
                self._start_new()
                with suppress(asyncio.TimeoutError):
                    async with asyncio.timeout(None if self._tasks else GRACE_SECONDS):
                        await self._changed.wait()
                        continue
                if not self._tasks and not spools_in(self._spools):
                    return
        finally:
            loop.remove_reader(self._watches.fileno())
            await self.stop()
            self._watches.close()

    async def stop(self) -> None:
        """Ends all couriers; each writes down how far it has come."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _on_change(self, directory: int) -> None:
        for number in self._watches.arrived():
            if number == directory:
                self._changed.set()
            elif (courier := self._couriers.get(number)) is not None:
                courier.changed.set()
                self._watch_segment(courier)

    def _start_new(self) -> None:
        for name in spools_in(self._spools):
            if name not in self._tasks:
                task = asyncio.create_task(self._serve(f"{self._spools}/{name}"), name=name)
                self._tasks[name] = task
                task.add_done_callback(self._on_done)

    def _on_done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task.get_name(), None)
        self._changed.set()

    async def _serve(self, spool: str) -> None:
        while os.path.isdir(spool):
            courier = Courier(spool, self._report)
            try:
                self._couriers[self._watches.add(spool, IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF)] = courier
                self._watch_segment(courier)
                await courier.run()
                if os.path.isdir(spool):
                    raise OSError(f"{spool} can't be removed")
            except Exception as error:  # one container's trouble must not be that of all
                self._report(f"container {os.path.basename(spool)[:12]}: {error!r}")
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                for number in [number for number, one in self._couriers.items() if one is courier]:
                    del self._couriers[number]
                    self._watches.remove(number)

    def _watch_segment(self, courier: Courier) -> None:
        """Watch the newest file itself: it is written through another of its names, so the directory is silent."""
        with suppress(FileNotFoundError):
            if (newest := courier.newest_segment()) is not None:
                # Watched once more it keeps its number; earlier segments end their watch by being removed.
                self._couriers[self._watches.add(newest, IN_MODIFY)] = courier
