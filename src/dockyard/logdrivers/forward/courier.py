"""Carries one container's entries from its spool to its log driver's receiver.

    spool ──SpoolReader──► Waiting ──batches──► Delivery ──► Sink      position = the first entry that isn't delivered

Two tasks: one reads what the shim writes as it comes, one sends.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress

from dockyard.logdrivers.contract import Sink
from dockyard.logdrivers.drivers import buffer_bytes, non_blocking
from dockyard.logdrivers.forward.delivery import Delivery
from dockyard.logdrivers.forward.job import REMOVED, Job, read_job
from dockyard.logdrivers.forward.position import Position, read_position, write_position
from dockyard.logdrivers.forward.queue import Waiting
from dockyard.logdrivers.forward.spool import Spooled, SpoolReader, decoded
from dockyard.logdrivers.limits import waiting_entries
from dockyard.logdrivers.sinks import make_sink

BATCH_ENTRIES = 1000
BATCH_BYTES = 256 * 1024
QUEUE_BYTES = 1 << 20
QUEUE_ENTRIES = 4000
DROPPING_ENTRIES = 50_000
"""Each takes a quarter of a kilobyte, besides what it says."""

NO_LIMIT = 1 << 62
POSITION_SECONDS = 0.2
IDLE_SECONDS = 60.0
"""After so long without entries the connection is closed until there are some."""

KEPT_SECONDS = 24 * 3600.0
"""How long what a removed container left is tried to be sent."""


class Courier:
    """Serves one spool until it is told to stop, or the container is removed and everything is sent.

    Args:
        spool: its directory, whose name is the container's id.
        report: told in a line what goes wrong.
    """

    def __init__(self, spool: str, report: Callable[[str], None]) -> None:
        self.spool = spool
        self.changed = asyncio.Event()
        """To be set when something has happened in the spool."""
        self._report_line = report
        self._reader = SpoolReader(spool, read_position(spool))
        self._job: Job | None = None
        self._delivery = Delivery(self._make_sink, self._report)
        self._waiting = Waiting(QUEUE_BYTES, QUEUE_ENTRIES, dropping=False)
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._batch: list[Spooled] = []
        self._written = self._reader.position
        self._written_at = 0.0
        self._reported_drops = 0
        self._position_failed = False
        self._outdated = False

    def newest_segment(self) -> str | None:
        """The path of the file that the shim writes to."""
        return self._reader.newest()

    async def run(self) -> None:
        """Carries; returns when there is nothing more to carry, ever. OSError when the spool can't be read."""
        reading = asyncio.create_task(self._read())
        sending = asyncio.create_task(self._send())
        try:
            await asyncio.wait((reading, sending), return_when=asyncio.FIRST_COMPLETED)
            for task in (reading, sending):
                if task.done():
                    task.result()
        finally:
            for task in (reading, sending):
                task.cancel()
            await asyncio.gather(reading, sending, return_exceptions=True)
            await self._delivery.close()
            self._reader.close()
            self._write_position()
        shutil.rmtree(self.spool, ignore_errors=True)

    async def _read(self) -> None:
        """Ends when the container is removed and everything has been sent or given up."""
        while True:
            self.changed.clear()
            removed_at = self._removed_at()  # before it is read to the end: nothing comes afterwards
            self._load_job()
            if self._job is not None:
                await self._read_all()
            if removed_at is not None and (self._job is None or not self._unsent()):
                return
            if self._is_given_up():
                self._report("what a removed container left is given up after a day")
                return
            with suppress(asyncio.TimeoutError):
                async with asyncio.timeout(IDLE_SECONDS):
                    await self.changed.wait()

    async def _read_all(self) -> None:
        """Returns early when it is given up."""
        for number, entry in enumerate(self._reader.read(), 1):
            self._waiting.put(entry)
            self._arrived.set()
            while self._waiting.full:
                self._room.clear()
                with suppress(asyncio.TimeoutError):
                    async with asyncio.timeout(IDLE_SECONDS):
                        await self._room.wait()
                        continue
                if self._is_given_up():  # a receiver that is away for ever makes no room
                    return
            if number % BATCH_ENTRIES == 0:
                await asyncio.sleep(0)

    async def _send(self) -> None:
        while True:
            while not len(self._waiting):
                self._arrived.clear()
                if self._written == self._delivered():
                    await self._delivery.tend(self._arrived, IDLE_SECONDS)
                    if not self._arrived.is_set():
                        await self._delivery.close()
                else:
                    await self._delivery.tend(self._arrived, POSITION_SECONDS)
                    self._note_position()
            self._batch = self._waiting.take(BATCH_ENTRIES, BATCH_BYTES)
            self._room.set()
            if self._outdated:
                self._outdated = False
                await self._delivery.close()  # its sink was made for an earlier job
            await self._delivery.deliver(decoded(self._batch))
            self._batch = []
            self._note_position()
            if not len(self._waiting):
                self._report_drops()
                self.changed.set()  # whoever waits for the end looks whether this is it

    def _make_sink(self) -> Sink:
        assert self._job is not None
        return make_sink(self._job.driver, self._job.options, self._job.subject)

    def _is_given_up(self) -> bool:
        removed_at = self._removed_at()
        return removed_at is not None and time.time() - removed_at > KEPT_SECONDS

    def _removed_at(self) -> float | None:
        try:
            return os.stat(f"{self.spool}/{REMOVED}").st_mtime
        except FileNotFoundError:
            return None

    def _load_job(self) -> None:
        job = read_job(self.spool)
        if job is None or job == self._job:
            return
        self._outdated = self._job is not None
        self._job = job
        waiting = self._waiting
        if non_blocking(job.options):
            self._waiting = Waiting(buffer_bytes(job.options), DROPPING_ENTRIES, dropping=True)
        elif (limit := waiting_entries(job.driver, job.options)) is not None:
            self._waiting = Waiting(QUEUE_BYTES * 16, min(limit, DROPPING_ENTRIES), dropping=True)
        else:
            self._waiting = Waiting(QUEUE_BYTES, QUEUE_ENTRIES, dropping=False)
        for entry in waiting.take(len(waiting), NO_LIMIT):
            self._waiting.put(entry)

    def _unsent(self) -> bool:
        return bool(self._batch or len(self._waiting))

    def _delivered(self) -> Position:
        """Everything before it has been delivered, or given up."""
        if self._batch:
            return self._batch[0].start
        first = self._waiting.first
        return first.start if first is not None else self._reader.position

    def _note_position(self) -> None:
        if time.monotonic() - self._written_at >= POSITION_SECONDS:
            self._write_position()

    def _write_position(self) -> None:
        delivered = self._delivered()
        if delivered == self._written:
            return
        self._written_at = time.monotonic()
        try:
            write_position(self.spool, delivered)
        except OSError as error:  # a full disk: the next one is tried in a moment, and nothing is sent again for it
            if not self._position_failed:
                self._report(f"writing the position: {error}")
            self._position_failed = True
            return
        self._position_failed = False
        if delivered.segment != self._written.segment:
            self._reader.forget(delivered)
        self._written = delivered

    def _report_drops(self) -> None:
        if self._waiting.dropped > self._reported_drops:
            self._report(f"{self._waiting.dropped - self._reported_drops} entries were dropped: the buffer was full")
        self._reported_drops = self._waiting.dropped

    def _report(self, text: str) -> None:
        driver = self._job.driver if self._job is not None else "no driver"
        self._report_line(f"container {os.path.basename(self.spool)[:12]}: {driver}: {text}")
