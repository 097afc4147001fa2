"""Streams that a client leaves: what is behind them ends then, not when the collector finds it."""

from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.engine.event_journal import Event
from dockyard.engine.logs.entries import LogEntry
from dockyard.server.docker.endpoints.containers.logs import container_logs
from dockyard.server.docker.endpoints.events import system_events
from dockyard.server.docker.endpoints.images.archives import image_load
from dockyard.server.docker.http.answers import StreamAnswer
from dockyard.server.docker.http.query import Query
from dockyard.store.archive.events import Message


class Source:
    """Yields one thing for ever. It is referred to from here, so that no collector can end it."""

    def __init__(self, item: object) -> None:
        self._item = item
        self.ended = False
        self._kept: list[object] = []

    def open(self, *_: object) -> AsyncGenerator[Any, None]:
        self._kept.append(stream := self._forever())
        return stream

    async def _forever(self) -> AsyncGenerator[Any, None]:
        try:
            while True:
                yield self._item
        finally:
            self.ended = True


def call(query: str = "", **engine: object) -> Any:
    return SimpleNamespace(
        engine=SimpleNamespace(**engine),
        query=Query(query),
        name="x",
        version=(1, 47),
        header=lambda _: "",
        body_pieces=lambda: iter(()),
    )


@pytest.mark.parametrize("what", ["events", "load", "logs"])
async def test_a_stream_that_is_left(what: str) -> None:
    if what == "events":
        source = Source(Event("container", "start", "x", {}, 1))
        answer = await system_events(call(events=SimpleNamespace(subscribe=source.open)))
    elif what == "logs":
        source = Source(LogEntry("stdout", "2026-01-01T00:00:00Z", b"line\n" * 20_000))
        record = SimpleNamespace(id="x", config=SimpleNamespace(tty=True))
        containers = SimpleNamespace(get=lambda _: record, logs=source.open)
        answer = await container_logs(call("stdout=1", containers=containers))
    else:
        source = Source(Message("Loaded image: x"))
        answer = await image_load(call(images=SimpleNamespace(load=source.open)))
    assert isinstance(answer, StreamAnswer)
    pieces: Any = answer.pieces
    assert await anext(pieces)
    assert not source.ended
    await pieces.aclose()
    assert source.ended
