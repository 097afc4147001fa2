"""What a long work tells, for one reader who may be slow: nothing is lost but progress that newer progress overtook.

The work never waits for its reader, and what is kept for him is bounded: lines are few, and of each item's progress
only the latest counts.
"""

import asyncio
from collections.abc import AsyncIterator

from dockyard.store.distribution.events import LayerProgress, LayerStatus, TransferEvent


class Feed:
    """Events from one task to one reader, on one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[object, TransferEvent] = {}
        self._numbers = 0
        self._news = asyncio.Event()
        self._ended = False

    def tell(self, event: TransferEvent) -> None:
        """Adds an event."""
        if isinstance(event, (LayerStatus, LayerProgress)):
            self._waiting.pop(("progress", event.id), None)
        if isinstance(event, LayerProgress):
            self._waiting["progress", event.id] = event
        else:
            self._numbers += 1
            self._waiting[self._numbers] = event
        self._news.set()

    def end(self, _: object = None) -> None:
        """No event comes any more."""
        self._ended = True
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[TransferEvent]:
        while True:
            while self._waiting:
                yield self._waiting.pop(next(iter(self._waiting)))
            if self._ended:
                return
            self._news.clear()
            await self._news.wait()
