"""Events: filters, what a subscriber gets, and the journal over restarts and torn lines."""

import asyncio
from itertools import count

import pytest

from dockyard.engine.event_journal import Event, EventJournal
from dockyard.engine.events import QUEUE_SIZE, Events, matches

EVENT = Event("container", "exec_create: ls", "abc123", {"name": "web", "image": "nginx:1", "tier": "front"}, 5)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, True),
        ({"type": ("container", "image")}, True),
        ({"type": ("image",)}, False),
        ({"event": ("exec_create",)}, True),
        ({"event": ("die",)}, False),
        ({"container": ("web",)}, True),
        ({"container": ("abc",)}, True),
        ({"container": ("other",)}, False),
        ({"image": ("nginx",)}, True),
        ({"image": ("nginx:1",)}, True),
        ({"image": ("httpd",)}, False),
        ({"label": ("tier",)}, True),
        ({"label": ("tier=front",)}, True),
        ({"label": ("tier=back",)}, False),
        ({"label": ("tier", "nolabel")}, False),
        ({"network": ("web",)}, False),
        ({"type": ("container",), "event": ("die",)}, False),
    ],
)
def test_filters(filters, expected):
    assert matches(EVENT, filters) is expected


@pytest.fixture
def journal(tmp_path):
    opened = EventJournal(str(tmp_path / "events.jsonl"))
    yield opened
    opened.close()


def events_of(journal):
    return Events(count(1).__next__, journal)


async def collect(events, **limits):
    return [event.action async for event in events.subscribe(**limits)]


async def test_past_and_new_events_until_a_time(journal):
    events = events_of(journal)
    events.publish("container", "create", "x", {})  # at 1
    events.publish("container", "start", "x", {})  # at 2
    assert await collect(events, since_ns=2, until_ns=2) == ["start"]
    assert await collect(events, since_ns=1, until_ns=2) == ["create", "start"]
    assert await collect(events, until_ns=1) == []


async def test_a_new_event_reaches_a_waiting_subscriber(journal):
    events = events_of(journal)
    stream = events.subscribe()
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    events.publish("container", "die", "x", {})
    assert (await asyncio.wait_for(waiting, 5)).action == "die"
    await stream.aclose()
    assert events.subscriber_count == 0


async def test_a_subscriber_that_falls_behind_is_ended_and_memory_stays_bounded(journal):
    events = events_of(journal)
    stream = events.subscribe()
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    for _ in range(QUEUE_SIZE + 2):
        events.publish("container", "x", "x", {})
    assert events.subscriber_count == 0
    await waiting
    assert len([event async for event in stream]) < QUEUE_SIZE + 2


def tear(path):
    """What a SIGKILL in the middle of a write leaves."""
    with open(path, "ab") as file:
        file.write(b'{"type": "torn')


async def test_events_outlive_the_daemon(tmp_path):
    path = str(tmp_path / "events.jsonl")
    first = EventJournal(path)
    events_of(first).publish("container", "create", "x", {"name": "web"})
    first.close()
    tear(path)
    second = EventJournal(path)
    events = events_of(second)
    events.publish("container", "start", "x", {})
    assert await collect(events, since_ns=0, until_ns=1) == ["create", "start"]
    second.close()


def test_the_journal_rotates(tmp_path):
    path = str(tmp_path / "events.jsonl")
    journal = EventJournal(path, largest_bytes=1000)
    for number in range(30):
        journal.append(Event("container", f"action {number}", "x", {}, number))
    kept = [event.time_ns for event in journal.read(0)]
    assert kept == list(range(kept[0], 30))
    assert 0 < kept[0] < 29
    assert len(list(tmp_path.iterdir())) == 2
    journal.close()
