"""Calls methods of the other side of a connection.

caller = await connect(sock)
info = await caller.unary("/moby.buildkit.v1.Control/Info", control.InfoRequest())
async with caller.open("/moby.filesync.v1.FileSync/DiffCopy", {"dir-name": "context"}) as stream:
    ...                                                          grpclib.client.Stream
caller.close()
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any

from grpclib.client import Channel, Stream
from grpclib.exceptions import StreamTerminatedError
from grpclib.protocol import H2Protocol
from h2.exceptions import H2Error

from dockyard.rpc.codec import Codec, DetailsCodec
from dockyard.rpc.connection import CARDINALITIES, CONFIGURATION, OwnProtocol, begin
from dockyard.wire.buildkit.messages import message_class
from dockyard.wire.buildkit.services import METHODS

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class Caller:
    """The methods of whoever is at the other end."""

    def __init__(self, channel: Channel, protocol: OwnProtocol) -> None:
        self._channel = channel
        self._protocol = protocol

    @property
    def closed(self) -> asyncio.Event:
        """Set when the connection is gone."""
        return self._protocol.closed

    async def unary(
        self, path: str, request: Any, headers: Headers = (), *, timeout_seconds: float | None = None
    ) -> Any:
        """One message for one. Raises GRPCError, StreamTerminatedError when the connection ends, TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            async with self.open(path, headers) as stream:
                await stream.send_message(request, end=True)
                return await stream.recv_message()

    async def streaming(self, path: str, request: Any, headers: Headers = ()) -> AsyncGenerator[Any, None]:
        """Any number of messages for one."""
        async with self.open(path, headers) as stream:
            await stream.send_message(request, end=True)
            async for response in stream:
                yield response

    def open(self, path: str, headers: Headers = ()) -> Stream[Any, Any]:
        """A call whose messages go and come as the caller likes; a context manager."""
        method = METHODS[path]
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        return self._channel.request(
            path,
            CARDINALITIES[method.streams_in, method.streams_out],
            message_class(method.request),
            message_class(method.response),
            metadata=pairs,
        )

    def close(self) -> None:
        """End the connection; calls that are under way raise."""
        self._channel.close()


async def leave(stream: Stream[Any, Any]) -> None:
    """A conversation has come to its end by what was said in it: whichever half is still open is closed."""
    if stream._stream.closable:
        with contextlib.suppress(H2Error, StreamTerminatedError):
            await stream.cancel()
    stream._cancel_done = True


class _Channel(Channel):
    """A channel on a connection that is there: it is never made again."""

    def __init__(self) -> None:
        super().__init__(codec=Codec(), status_details_codec=DetailsCodec(), config=CONFIGURATION)

    def use(self, protocol: H2Protocol) -> None:
        self._protocol = protocol

    async def _create_connection(self) -> H2Protocol:
        raise ConnectionResetError("the connection has been closed")


async def connect(sock: socket.socket, early: bytes = b"") -> Caller:
    """Be the client on a connected socket, which belongs to the connection from now on; `early` was read from it."""
    channel = _Channel()
    protocol = await begin(channel._protocol_factory, sock, early)
    channel.use(protocol)
    return Caller(channel, protocol)
