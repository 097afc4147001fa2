"""One event (Engine API: EventMessage)."""

from typing import Any

from dockyard.engine.event_journal import Event
from dockyard.server.docker.wire.durations import SECOND_NS


def event_message(event: Event) -> dict[str, Any]:
    """The event as `docker events` reads it."""
    return {
        "Type": event.type,
        "Action": event.action,
        "Actor": {"ID": event.actor_id, "Attributes": dict(event.attributes)},
        "scope": "local",
        "time": event.time_ns // SECOND_NS,
        "timeNano": event.time_ns,
    }
