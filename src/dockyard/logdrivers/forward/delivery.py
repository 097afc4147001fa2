"""Delivers entries to one receiver: connects, sends, tries again, and sends what is in doubt once more.

When a connection breaks whose protocol knows no acknowledgements, what was sent in the last seconds is in doubt: the
other side's kernel had it, and maybe nobody read it. It is sent again, rather twice than never.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from dockyard.errors import DockyardError
from dockyard.logdrivers.contract import EntriesRefused, Patience, Sink
from dockyard.logdrivers.local_entries import Entry

DOUBT_SECONDS = 5.0
DOUBT_ENTRIES = 10_000
REPORT_SECONDS = 60.0


class Delivery:
    """The sending half of a courier.

    Args:
        make: makes a sink for the receiver.
        report: told in a line what goes wrong; what goes wrong again and again only once a minute.
    """

    def __init__(self, make: Callable[[], Sink], report: Callable[[str], None]) -> None:
        self._make = make
        self._report = report
        self._sink: Sink | None = None
        self._doubtful: deque[tuple[float, Sequence[Entry]]] = deque()
        self._doubtful_entries = 0
        self._again: list[Entry] = []
        """Of a receiver that has gone: what it may not have read."""
        self._reported_at = -REPORT_SECONDS

    async def deliver(self, entries: Sequence[Entry]) -> None:
        """Returns when `entries` are delivered, or given up as the driver's options say."""
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._try(entries)
            except EntriesRefused as error:
                self._report(f"{len(entries)} entries are refused: {error}")
                return
            except (OSError, DockyardError) as error:
                patience = self._sink.patience if self._sink is not None else Patience()
                await self._give_up_sink()
                wait = patience.wait_after(attempt)
                if wait is None:
                    self._report(f"{len(entries)} entries are given up: {error}")
                    self._again = []
                    return
                if time.monotonic() - self._reported_at >= REPORT_SECONDS:
                    self._reported_at = time.monotonic()
                    self._report(f"{error or type(error).__name__}; it is tried again")
                await asyncio.sleep(wait)
            else:
                return

    async def tend(self, arrived: asyncio.Event, seconds: float) -> None:
        """Waits for `arrived`, `seconds` at most; if the receiver goes meanwhile, what is in doubt is delivered."""
        broken = self._sink.broken if self._sink is not None else None
        waits = [asyncio.ensure_future(event.wait()) for event in (arrived, broken) if event is not None]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if broken is not None and broken.is_set():
            await self._give_up_sink()
            if self._again:
                await self.deliver(())

    async def close(self) -> None:
        """Lets go of the receiver until there is something to deliver."""
        sink, self._sink = self._sink, None
        if sink is not None:
            await sink.close()

    async def _try(self, entries: Sequence[Entry]) -> None:
        if self._sink is not None and self._sink.broken is not None and self._sink.broken.is_set():
            await self._give_up_sink()
        if self._sink is None:
            self._sink = self._make()
            await self._sink.open()
        if self._again:
            await self._sink.send(self._again)
            again, self._again = self._again, []
            self._remember(again)
        if entries:
            await self._sink.send(entries)
            self._remember(entries)

    async def _give_up_sink(self) -> None:
        """The receiver has gone: now is known what it may not have read."""
        oldest = time.monotonic() - DOUBT_SECONDS
        for sent_at, entries in self._doubtful:
            if sent_at >= oldest:
                self._again.extend(entries)
        self._doubtful.clear()
        self._doubtful_entries = 0
        await self.close()

    def _remember(self, entries: Sequence[Entry]) -> None:
        if self._sink is None or self._sink.confirmed:
            return
        self._doubtful.append((time.monotonic(), entries))
        self._doubtful_entries += len(entries)
        while self._doubtful_entries > DOUBT_ENTRIES and len(self._doubtful) > 1:
            self._doubtful_entries -= len(self._doubtful.popleft()[1])
