"""An answer of the daemon: its status and headers, and its body in pieces as they come.

The body's length is given in advance, or it is chunked, or it ends with the connection (RFC 9112, section 6.3).
"""

from __future__ import annotations

from dockyard.client.connection import Connection
from dockyard.client.http1 import parse_headers, parse_status
from dockyard.errors import Unavailable
from dockyard.wire import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PIECE = 1 << 16


class Response:
    """A status, headers by lower-case name, and the body, which can be read once."""

    __slots__ = ("connection", "finished", "headers", "status")

    def __init__(self, connection: Connection, *, bodiless: bool = False) -> None:
        """Reads the head from `connection`; `bodiless` says that this answers a HEAD request."""
        self.connection = connection
        while True:
            self.status = parse_status(connection.line())
            lines = []
            while line := connection.line():
                lines.append(line)
            if self.status >= 200 or self.status == 101:
                break
        self.headers = parse_headers(lines)
        self.finished = bodiless or self.status in (101, 204, 304)

    @property
    def reusable(self) -> bool:
        """Whether another request may follow on this connection."""
        keeps = self.headers.get("connection", "").lower() != "close"
        return self.finished and self.status != 101 and keeps and not self.connection.ended

    def pieces(self) -> Iterator[bytes]:
        """The body, in pieces of at most 64 KiB, each as soon as it is there."""
        if self.finished:
            return
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            yield from self._chunks()
        elif "content-length" in self.headers:
            yield from self._exactly(_length(self.headers["content-length"].encode(), 10))
        else:
            while self.connection.buffer or self.connection.fill():
                yield self.connection.take(_PIECE)
        self.finished = True

    def _chunks(self) -> Iterator[bytes]:
        while size := _length(self.connection.line().partition(b";")[0], 16):
            yield from self._exactly(size)
            self.connection.line()
        while self.connection.line():
            pass

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            if not self.connection.buffer and not self.connection.fill():
                raise Unavailable("unexpected EOF")
            piece = self.connection.take(min(size, _PIECE))
            size -= len(piece)
            yield piece

    def read(self) -> bytes:
        """The rest of the body, whole."""
        return b"".join(self.pieces())

    def json(self) -> Any:
        """The body's value; None for an empty one."""
        data = self.read()
        if not data.strip():
            return None
        try:
            return json_text.loads(data)
        except ValueError as error:
            raise Unavailable(f"the daemon's answer isn't JSON: {error}") from error

    def values(self) -> Iterator[Any]:
        """The values of a body that is a stream of JSON texts, one a line, each as soon as it is there."""
        rest = b""
        for piece in self.pieces():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line.strip():
                    yield _value(line)
        if rest.strip():
            yield _value(rest)


def _value(line: bytes) -> Any:
    try:
        return json_text.loads(line)
    except ValueError as error:
        raise Unavailable(f"the daemon's answer isn't JSON: {error}") from error


def _length(text: bytes, base: int) -> int:
    try:
        size = int(text.strip(), base)
    except ValueError:
        size = -1
    if size < 0:
        raise Unavailable(f"the daemon's answer has a bad length: {text[:20]!r}")
    return size
