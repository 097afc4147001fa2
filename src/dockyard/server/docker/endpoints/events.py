"""`GET /events`: what happened and what happens, one JSON document an event, for as long as the client listens."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec

from dockyard.api.media_types import JSON, JSON_LINES, JSON_SEQUENCE, NDJSON
from dockyard.errors import InvalidParameter
from dockyard.server.docker.accept import preferred
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import event_answers
from dockyard.server.docker.filters import parse_filters
from dockyard.server.docker.http.answers import Answer, StreamAnswer
from dockyard.server.docker.timestamps import parse_unix_timestamp
from dockyard.server.docker.wire.event import event_message

RECORD_SEPARATOR = b"\x1e"
"""What opens each document of a JSON text sequence (RFC 7464)."""


async def system_events(call: Call) -> Answer:
    """Past events from `since` on, then new ones until `until`."""
    since_ns = parse_unix_timestamp(call.query.text("since"), "since")
    until_ns = parse_unix_timestamp(call.query.text("until"), "until")
    if since_ns is not None and until_ns is not None and until_ns < since_ns:
        times = (call.query.text("since"), call.query.text("until"))
        raise InvalidParameter("`since` time ({}) cannot be after `until` time ({})".format(*times))
    if since_ns is None and until_ns is not None:
        since_ns = 0  # an end alone asks for what is remembered up to then
    filters = parse_filters(call.query.text("filters"))
    content_type = preferred(call.header("Accept"), (JSON_LINES, NDJSON, JSON_SEQUENCE))
    content_type = content_type or (JSON_LINES if call.version >= (1, 52) else JSON)
    opening = RECORD_SEPARATOR if content_type == JSON_SEQUENCE else b""

    async def documents() -> AsyncIterator[bytes]:
        async with aclosing(call.engine.events.subscribe(since_ns, until_ns, filters)) as events:
            async for event in events:
                document = event_answers.event(event_message(event), call.version)
                if document is not None:
                    yield opening + msgspec.json.encode(document) + b"\n"

    return StreamAnswer(documents(), content_type, immediate=True)
