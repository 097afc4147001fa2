"""The body of a request: whole and bounded for JSON, piece by piece for archives of any size.

Back-pressure comes from aiohttp: when nobody reads, it stops reading the socket.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

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


def iterate_blocking(request: BaseRequest, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    """The pieces of the body for code that runs in a thread: waiting blocks that thread, never the event loop.

    It ends with an error when the client breaks off, so no thread waits for ever.
    """
    pieces = iterate(request)

    async def following() -> bytes:
        return await anext(pieces, b"")

    while piece := asyncio.run_coroutine_threadsafe(following(), loop).result():
        yield piece
