"""Takes a client's connection out of HTTP and gives its socket away.

`attach` and `exec` begin as HTTP requests and go on as plain byte streams. The daemon answers `101 UPGRADED` (or `200
OK` to a client that sent no Upgrade header), duplicates the descriptor, and lets its own connection object go: from
then on the shim talks to the client, and the session survives the daemon. Nothing may be read between the answer and
the duplication, therefore reading is paused first; what arrived before is handed over with the descriptor.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerAttach ("Hijacking")
"""

import asyncio
import os
from collections.abc import Mapping

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse

from dockyard.api.media_types import RAW_STREAM
from dockyard.errors import SystemFailure
from dockyard.server.docker.http.answers import Hijacked
from dockyard.server.docker.http.connection import connection_of
from dockyard.server.docker.http.head_read import head_read, loses_early_stream

FLUSH_INTERVAL_SECONDS = 0.002


class HijackedResponse(StreamResponse):
    """Tells aiohttp that the answer has been sent and that the connection serves no further request."""

    def __init__(self) -> None:
        super().__init__(status=101)
        self.force_close()

    async def prepare(self, request: BaseRequest) -> None:
        """Nothing: the head went out in `take_over`."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing: the stream ends when its new owner says so."""


def upgrade_head(content_type: str, upgrading: bool, headers: Mapping[str, str], protocol: str = "tcp") -> bytes:
    """The head of the answer, byte for byte in Docker's order."""
    if protocol != "tcp":
        return f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n".encode()
    if upgrading:
        lines = ["HTTP/1.1 101 UPGRADED", f"Content-Type: {content_type}", "Connection: Upgrade", "Upgrade: tcp"]
    else:
        lines = ["HTTP/1.1 200 OK", f"Content-Type: {RAW_STREAM}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def take_over(
    request: BaseRequest,
    content_type: str,
    headers: Mapping[str, str],
    *,
    speaks_first: bool = True,
    protocol: str = "tcp",
) -> Hijacked:
    """Answers `request` with the head of a byte stream and duplicates its socket.

    A client that may lose what comes with the head is waited for, if the session `speaks_first`.

    The caller owns the descriptor and must return a `HijackedResponse` afterwards, which closes this daemon's copy.
    Raises ConnectionResetError when the client is gone, SystemFailure when no descriptor is left.
    """
    connection = connection_of(request)
    transport = connection.transport
    if transport is None:
        raise ConnectionResetError("the client closed its connection")
    transport.pause_reading()
    transport.write(upgrade_head(content_type, "Upgrade" in request.headers, headers, protocol))
    while transport.get_write_buffer_size():  # only when the client's socket buffer is full of earlier answers
        if transport.is_closing():
            raise ConnectionResetError("the client closed its connection")
        await asyncio.sleep(FLUSH_INTERVAL_SECONDS)
    try:
        fd = os.dup(transport.get_extra_info("socket").fileno())
    except OSError as error:
        raise SystemFailure(f"duplicating the client's socket: {error.strerror}") from error
    try:
        if speaks_first and loses_early_stream(request.headers.get("User-Agent", "")):
            await head_read(fd)
    except BaseException:
        os.close(fd)
        raise
    return Hijacked(fd, connection.take_early())
