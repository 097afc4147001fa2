"""What happened, for `docker events`: recent events in memory, older ones on disk, and those who wait for new ones.

`publish` never waits and never grows memory: the ring and each subscriber's queue have a bound, and a subscriber that
falls behind by more than its bound is ended rather than kept (its stream closes; the client may ask again with
`since`). Filters follow the Engine API (GET /events): values of one key are alternatives, keys add up.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping

from dockyard.engine.event_journal import Event, EventJournal
from dockyard.errors import SystemFailure

LOG = logging.getLogger(__name__)

RING_SIZE = 1024
QUEUE_SIZE = 8192

Filters = Mapping[str, tuple[str, ...]]


class Events:
    """The engine's events. All methods run on the event loop's thread."""

    def __init__(self, clock_ns: Callable[[], int], journal: EventJournal) -> None:
        self._clock_ns = clock_ns
        self._journal = journal
        self._ring: deque[Event] = deque(maxlen=RING_SIZE)
        self._subscribers: set[asyncio.Queue[Event | None]] = set()

    @property
    def subscriber_count(self) -> int:
        """How many streams are waiting (`docker info`: NEventsListener)."""
        return len(self._subscribers)

    def publish(self, type_: str, action: str, actor_id: str, attributes: Mapping[str, str]) -> None:
        """Records an event now and hands it to every subscriber."""
        event = Event(type_, action, actor_id, attributes, self._clock_ns())
        self._ring.append(event)
        try:
            self._journal.append(event)
        except SystemFailure as error:
            LOG.error("%s", error)  # a full disk must not keep a container from ending
        for queue in tuple(self._subscribers):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._subscribers.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    async def subscribe(
        self, since_ns: int | None = None, until_ns: int | None = None, filters: Filters | None = None
    ) -> AsyncGenerator[Event, None]:
        """Past events from `since_ns` on (none without it), then new ones until `until_ns` (for ever without it)."""
        wanted = filters or {}
        queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_SIZE)
        self._subscribers.add(queue)
        try:
            if since_ns is not None:
                for event in self._past(since_ns):
                    in_time = event.time_ns >= since_ns and (until_ns is None or event.time_ns <= until_ns)
                    if in_time and matches(event, wanted):
                        yield event
            while True:
                event_or_end = await self._next(queue, until_ns)
                if event_or_end is None:
                    return
                if matches(event_or_end, wanted):
                    yield event_or_end
        finally:
            self._subscribers.discard(queue)

    def _past(self, since_ns: int) -> Iterable[Event]:
        """Events from `since_ns` on: from memory when it reaches back so far, else from disk."""
        if len(self._ring) == RING_SIZE and self._ring[0].time_ns <= since_ns:
            return tuple(self._ring)
        return self._journal.read(since_ns)

    async def _next(self, queue: asyncio.Queue[Event | None], until_ns: int | None) -> Event | None:
        if until_ns is None:
            return await queue.get()
        remaining_seconds = (until_ns - self._clock_ns()) / 1e9
        if remaining_seconds <= 0:
            return None
        try:
            return await asyncio.wait_for(queue.get(), remaining_seconds)
        except TimeoutError:
            return None


def matches(event: Event, filters: Filters) -> bool:
    """Whether `event` passes all `filters`: type, event, container, image, network, volume, label, daemon, scope."""
    return all(_matches_one(event, key, values) for key, values in filters.items() if values)


def _matches_one(event: Event, key: str, values: tuple[str, ...]) -> bool:
    if key == "type":
        return event.type in values
    if key == "event":
        return event.action in values or event.action.split(":", 1)[0] in values
    if key == "scope":
        return "local" in values
    if key == "label":
        return all(_has_label(event.attributes, value) for value in values)
    if key == "image" and event.type == "container":
        image = event.attributes.get("image", "")
        return any(image == value or image.split(":")[0] == value for value in values)
    if key not in ("container", "image", "network", "volume", "daemon"):
        return False
    return event.type == key and _names_actor(event, values)


def _has_label(attributes: Mapping[str, str], wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    return name in attributes and (not equals or attributes[name] == value)


def _names_actor(event: Event, values: tuple[str, ...]) -> bool:
    name = event.attributes.get("name", "")
    return any(value and (event.actor_id.startswith(value) or name == value) for value in values)
