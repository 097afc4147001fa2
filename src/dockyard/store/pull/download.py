"""One blob on its way here: fetched once, whoever and how many want it, and read while it grows.

    WAITING ──a slot is free──▶ FETCHING ──all there, digest right──▶ DONE
                                 │  ▲
                    cut off: wait, go on behind what is there
                                 ▼
                               FAILED   no source has it, the digest is wrong, the disk is full, nobody wants it now

The bytes are written by the event loop's side; threads that unpack follow through `arrived`. Where a source fails, the
next one goes on behind the bytes that are there: bytes of the same digest are the same bytes.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import Enum
from typing import Protocol

from dockyard.errors import DockyardError, SystemFailure
from dockyard.store.content.partial import Partial
from dockyard.store.distribution.registry.failures import Refusal, RegistryFailure, Unreachable, Untrustworthy
from dockyard.store.distribution.registry.repository import BlobBody
from dockyard.store.distribution.registry.retry import delay_seconds

_INLINE_BYTES = 1 << 15
"""Smaller pieces are written and hashed at once: a trip to a thread costs more."""
_HEADWAY_BYTES = 1 << 20
"""A try that brought so much isn't counted: a slow line that is often cut still comes to its end."""


class Source(Protocol):
    """Where a blob can be had."""

    def blob(self, digest: str, start: int = 0) -> AbstractAsyncContextManager[BlobBody]:
        """Its bytes, from `start` on if possible. Raises Refusal, Unreachable, Untrustworthy."""


class Phase(Enum):
    """Where a download is; see the module."""

    WAITING = "waiting"
    FETCHING = "fetching"
    DONE = "done"
    FAILED = "failed"


class Listener(Protocol):
    """Who wants the blob, and is told. Called on the event loop."""

    def moved(self, phase: Phase, current: int) -> None:
        """The download is in `phase` and has `current` bytes."""

    def retrying(self, seconds: int) -> None:
        """It goes on in so many seconds."""


class Download:
    """The download of `digest`, of `size` bytes. `run` does it; the rest may be called from any thread."""

    def __init__(
        self,
        partial: Partial,
        size: int,
        *,
        attempts: int,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.digest = partial.digest
        self.size = size
        self.partial = partial
        self.phase = Phase.WAITING
        self.error: DockyardError | None = None
        self.sources: list[Source] = []
        self.listeners: list[Listener] = []
        self._attempts = attempts
        self._now = now
        self._sleep = sleep
        self._changed = threading.Condition()
        self._readable = 0

    async def run(self) -> None:
        """Fetches the blob; afterwards it is DONE or FAILED. `sources` may grow meanwhile."""
        try:
            self._move(Phase.FETCHING)
            await self._resume()
            await self._from_any_source()
            if not self.partial.is_right and self.partial.inherited:
                # What an earlier process left was damaged, by a power failure perhaps: from the beginning, once.
                self.partial.restart()
                await self._from_any_source()
            if not self.partial.is_right:
                raise Untrustworthy(f"filesystem layer verification failed for digest {self.digest}")
        except DockyardError as error:
            self.fail(error)
        except asyncio.CancelledError:
            self.fail(SystemFailure("context canceled"))
            raise
        except Exception as error:
            self.fail(SystemFailure(f"download of {self.digest}: {type(error).__name__}: {error}"))
            raise
        else:
            self._readable = self.size
            self._move(Phase.DONE)

    def fail(self, error: DockyardError) -> None:
        """Ends the download; whoever waits for it gets `error`."""
        self.error = error
        self._move(Phase.FAILED)

    def arrived(self, position: int, is_wanted: Callable[[], bool]) -> int:
        """For threads: how many bytes may be read from `position` on; 0 at the end of a right blob. Blocks.

        Raises the download's error, or SystemFailure once `is_wanted` says no (see `wake`).
        """
        with self._changed:
            while True:
                if not is_wanted():
                    raise SystemFailure("context canceled")
                if self.error is not None:
                    raise self.error
                if self._readable > position or self.phase is Phase.DONE:
                    return self._readable - position
                self._changed.wait()

    def wake(self) -> None:
        """Let threads in `arrived` look again whether they are wanted."""
        with self._changed:
            self._changed.notify_all()

    def _move(self, phase: Phase) -> None:
        with self._changed:
            self.phase = phase
            self._changed.notify_all()
        for listener in tuple(self.listeners):
            listener.moved(phase, self.partial.size)

    async def _resume(self) -> None:
        if self.partial.size > self.size:
            self.partial.restart()
        elif self.partial.size:
            await asyncio.to_thread(self.partial.rehash)
            if self.partial.size == self.size and not self.partial.is_right:
                self.partial.restart()

    async def _from_any_source(self) -> None:
        tried = 0
        while self.partial.size < self.size:
            source = self.sources[tried]
            tried += 1
            try:
                await self._from_source(source)
            except RegistryFailure:
                if tried >= len(self.sources):
                    raise

    async def _from_source(self, source: Source) -> None:
        attempt = 0
        while self.partial.size < self.size:
            before = self.partial.size
            try:
                await self._once(source)
            except (Refusal, Unreachable) as error:
                attempt = 1 if self.partial.size - before >= _HEADWAY_BYTES else attempt + 1
                after = error.retry_after if isinstance(error, Refusal) else ""
                delay = delay_seconds(attempt, after, self._now)
                if not error.passing or attempt >= self._attempts or delay is None:
                    raise
                await self._wait(delay)

    async def _once(self, source: Source) -> None:
        async with source.blob(self.digest, self.partial.size) as body:
            if body.size is not None and body.size != self.size:
                raise Untrustworthy(f"blob {self.digest}: unexpected size {body.size}, the manifest says {self.size}")
            skip = self.partial.size - body.start
            async for piece in body.pieces:
                if skip:
                    skip, piece = max(0, skip - len(piece)), piece[skip:]
                if self.partial.size + len(piece) > self.size:
                    raise Untrustworthy(f"blob {self.digest}: longer than the {self.size} bytes of its manifest")
                if piece:
                    await self._write(piece)
        if self.partial.size < self.size:
            raise Unreachable("unexpected EOF", passing=True)

    async def _write(self, piece: bytes) -> None:
        if len(piece) < _INLINE_BYTES:
            self.partial.write(piece)
        else:
            await asyncio.to_thread(self.partial.write, piece)
        with self._changed:
            # Bytes of an earlier process are no one's to read before the whole is known to be right.
            self._readable = 0 if self.partial.inherited else self.partial.size
            self._changed.notify_all()
        for listener in tuple(self.listeners):
            listener.moved(self.phase, self.partial.size)

    async def _wait(self, seconds: float) -> None:
        remaining = seconds
        while remaining > 0:
            for listener in tuple(self.listeners):
                listener.retrying(max(1, round(remaining)))
            step = min(1.0, remaining)
            await self._sleep(step)
            remaining -= step
