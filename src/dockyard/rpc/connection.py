"""A socket becomes an HTTP/2 connection. grpclib's protocol does the work; here are the bounds that it lacks.

A message announces its length before it comes: one that is longer than BuildKit takes is refused before anything of it
is kept. What else a peer can make us hold is bounded by HTTP/2's windows, and by the number of streams it may open.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from grpclib.config import Configuration
from grpclib.const import Cardinality, Status
from grpclib.exceptions import GRPCError
from grpclib.protocol import Connection, H2Protocol, Stream

LOG = logging.getLogger(__name__)
logging.getLogger("hpack").setLevel(logging.INFO)  # it tells of every header: more than a debugging daemon can bear

MOST_MESSAGE_BYTES = 16 << 20
"""What BuildKit takes (its client's and server's `MaxCallRecvMsgSize`)."""
CONFIGURATION = Configuration(
    http2_connection_window_size=4 << 20, http2_stream_window_size=1 << 20, _keepalive_time=None
)

CARDINALITIES = {tuple(one.value): one for one in Cardinality}
"""By whether messages stream in, and out."""


class BoundedStream(Stream):
    """A stream that holds no more than one message of the largest size."""

    async def recv_data(self, size: int) -> bytes:
        if size > MOST_MESSAGE_BYTES:
            raise GRPCError(
                Status.RESOURCE_EXHAUSTED, f"received message larger than max ({size} vs. {MOST_MESSAGE_BYTES})"
            )
        return await super().recv_data(size)


class BoundedConnection(Connection):
    """A connection of such streams."""

    def create_stream(self, *, stream_id: int | None = None, wrapper: Any = None) -> Stream:
        return BoundedStream(self, self._connection, self._transport, stream_id=stream_id, wrapper=wrapper)


class OwnProtocol(H2Protocol):
    """grpclib's protocol on a connection that others began: `early` is what the peer has sent already.

    `closed` is set when the connection is gone.
    """

    def __init__(self, protocol: H2Protocol, early: bytes = b"") -> None:
        super().__init__(protocol.handler, protocol.config, protocol.h2_config)
        self.closed = asyncio.Event()
        self._early = early

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.connection.__class__ = BoundedConnection
        early, self._early = self._early, b""
        if early:
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except Exception as error:  # h2 and grpclib raise many kinds for what isn't HTTP/2: it is the peer's fault
            LOG.debug("a gRPC connection is closed: %r", error)
            self.processor.close("Protocol error")

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.closed.set()


async def begin(factory: Callable[[], H2Protocol], sock: socket.socket, early: bytes = b"") -> OwnProtocol:
    """An HTTP/2 connection on the connected socket `sock`, which belongs to it from now on."""
    sock.setblocking(False)
    try:
        _, protocol = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: OwnProtocol(factory(), early), sock
        )
    except BaseException:
        sock.close()
        raise
    return protocol
