"""The body of a request: whole and bounded for JSON, piece by piece for archives of any size.

Back-pressure comes from aiohttp: when nobody reads, it stops reading the socket.
"""

import asyncio
import io
from collections.abc import AsyncIterator

from aiohttp.web_request import BaseRequest

from dockyard.errors import InvalidParameter

JSON_LIMIT_BYTES = 16 << 20
"""More than any sensible document; keeps one client from filling the daemon's memory."""


async def _continue_if_expected(request: BaseRequest) -> None:
    """Sends `100 Continue` to a client that waits for it before it sends its body (RFC 9110, 10.1.1)."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


async def read_whole(request: BaseRequest, limit_bytes: int = JSON_LIMIT_BYTES) -> bytes:
    """The whole body; InvalidParameter when it is longer than `limit_bytes`."""
    if request.content.is_eof() and not request.can_read_body:
        return b""
    await _continue_if_expected(request)
    pieces = []
    size_bytes = 0
    while piece := await request.content.readany():
        size_bytes += len(piece)
        if size_bytes > limit_bytes:
            raise InvalidParameter(f"http: request body too large (more than {limit_bytes} bytes)")
        pieces.append(piece)
    return b"".join(pieces)


async def iterate(request: BaseRequest) -> AsyncIterator[bytes]:
    """The pieces of the body as they arrive; ends at its end, raises when the client breaks off."""
    await _continue_if_expected(request)
    while piece := await request.content.readany():
        yield piece


class BodyFile(io.RawIOBase):
    """A request's body as a file for code that runs in a thread; reading blocks that thread, never the event loop."""

    def __init__(self, pieces: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._pieces = pieces
        self._loop = loop
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills the front of `buffer` with what is there, waiting for at least a byte; 0 at the end."""
        if not self._rest:
            piece = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    async def _next(self) -> bytes:
        return await anext(self._pieces, b"")
