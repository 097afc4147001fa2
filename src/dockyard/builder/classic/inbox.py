"""Events of vertices that run side by side, kept apart until somebody reads those of one vertex, in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from dockyard.builder.graph import Vertex
from dockyard.builder.solve.events import Completed, Event
from dockyard.errors import SystemFailure

_MOST_UNREAD = 256


class Inbox:
    """Takes a solver's events (`tell`) and gives them out by vertex. Used on the event loop's thread."""

    def __init__(self) -> None:
        self._events: dict[str, deque[Event]] = {}
        self._arrived: dict[str, asyncio.Event] = {}
        self._taken: dict[str, asyncio.Event] = {}

    def tell(self, event: Event) -> None:
        """One more event."""
        digest = event.vertex.digest
        self._events.setdefault(digest, deque()).append(event)
        self._signal(digest).set()

    async def room(self, vertex: Vertex) -> None:
        """Until nearly all that was told of `vertex` has been read."""
        events = self._events.get(vertex.digest, ())
        while len(events) > _MOST_UNREAD:
            taken = self._taken.setdefault(vertex.digest, asyncio.Event())
            taken.clear()
            await taken.wait()

    async def events(self, vertex: Vertex, work: "asyncio.Future[Any]") -> AsyncIterator[Event]:
        """The events of `vertex` up to its end; raises its error. `work` is the solving of it: it may end before it
        has begun, when an input of it fails."""
        events = self._events.setdefault(vertex.digest, deque())
        arrived = self._signal(vertex.digest)
        while True:
            while events:
                event = events.popleft()
                if vertex.digest in self._taken:
                    self._taken[vertex.digest].set()
                if isinstance(event, Completed):
                    # Kept for a second step that is the same vertex.
                    events.append(event)
                    if event.error is not None:
                        raise event.error
                    yield event
                    return
                yield event
            arrived.clear()
            waiting = asyncio.ensure_future(arrived.wait())
            try:
                await asyncio.wait([waiting, work], return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
            if work.done() and not events and (work.cancelled() or work.exception() is not None):
                error = None if work.cancelled() else work.exception()
                raise error or SystemFailure("the build was cancelled")

    def _signal(self, digest: str) -> asyncio.Event:
        return self._arrived.setdefault(digest, asyncio.Event())
