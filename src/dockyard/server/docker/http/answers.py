"""What an endpoint answers, as a value; `perform` sends it.

JsonAnswer     one JSON document (Go ends it with a line break, so do we)
EmptyAnswer    a status alone
BytesAnswer    a short body that is not JSON
StreamAnswer   pieces as they come: archives, logs, events, progress
HijackAnswer   the connection itself: attach and exec
WebsocketAnswer  a websocket as a byte stream: attach
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockyard.api.media_types import JSON


@dataclass(frozen=True, slots=True)
class EmptyAnswer:
    """`status` without a body."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BytesAnswer:
    """A body that is there already."""

    body: bytes
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """`value` (whatever msgspec encodes) as JSON."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamAnswer:
    """Pieces of a body, sent as they come.

    `immediate`: send the headers before the first piece is there, for streams that may be silent for long; an error can
    then only be told within the stream. Otherwise an error before the first piece is answered with its own status.
    `epilogue` says what to send when the stream fails after it began; without one the connection is cut, so that the
    client can't take half an archive for a whole one.
    """

    pieces: AsyncIterator[bytes]
    content_type: str = JSON
    immediate: bool = False
    epilogue: Callable[[BaseException], bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Hijacked:
    """A connection that was taken out of HTTP: the caller owns `fd`; `early` is what the client sent already."""

    fd: int
    early: bytes


@dataclass(frozen=True, slots=True)
class HijackAnswer:
    """Takes the connection out of HTTP, says so to the client, and gives its socket to `receive`.

    `content_type` names the framing to a client that asked for an upgrade; one that didn't is always told raw-stream,
    as Docker does. `receive` must take the descriptor over at once and return when the session needs the daemon no
    more. `speaks_first`: the session may have bytes for the client at once. One that waits for something which the
    client does next (a start) must have been received before the client has read the head, so it doesn't.
    `protocol`: what the connection is upgraded to, `tcp` or `h2c`.
    """

    content_type: str
    receive: Callable[[Hijacked], Awaitable[None]]
    speaks_first: bool = True
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class WebsocketAnswer:
    """Makes a websocket of the connection, and gives a socket to `receive` that has its messages' bytes, both ways.

    `binary`: messages to the client are binary, not text.
    """

    receive: Callable[[Hijacked], Awaitable[None]]
    binary: bool = True


Answer = EmptyAnswer | BytesAnswer | JsonAnswer | StreamAnswer | HijackAnswer | WebsocketAnswer
