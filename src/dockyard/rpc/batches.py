"""Many small messages in one go: a stream of packets would spend most of its time on a frame of HTTP/2 for each.

gRPC's messages have their lengths before them and don't care about the borders of frames, so several are written as one
piece, and all that have come are read as one.
https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"
"""

import struct
from typing import Any

from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError
from h2.exceptions import H2Error

from dockyard.errors import (
    Conflict,
    DockyardError,
    Forbidden,
    InvalidParameter,
    NotFound,
    NotImplementedYet,
    SystemFailure,
    Unauthorized,
    Unavailable,
)
from dockyard.rpc.connection import MOST_MESSAGE_BYTES

_PREFIX = struct.Struct(">BI")
_ERRORS: dict[Status, type[DockyardError]] = {
    Status.NOT_FOUND: NotFound,
    Status.INVALID_ARGUMENT: InvalidParameter,
    Status.PERMISSION_DENIED: Forbidden,
    Status.UNAUTHENTICATED: Unauthorized,
    Status.ALREADY_EXISTS: Conflict,
    Status.FAILED_PRECONDITION: Conflict,
    Status.UNIMPLEMENTED: NotImplementedYet,
    Status.UNAVAILABLE: Unavailable,
}


class Batches:
    """The messages of a grpclib stream, of a server or a client, as bytes. Not to be mixed with its own methods.

    Raises Unavailable when the connection is gone, and the error that the other side has ended the call with.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._is_client = hasattr(stream, "send_request")
        self._rest: list[bytes] = []
        self._held = 0
        self._needed = _PREFIX.size

    async def send(self, messages: list[bytes]) -> None:
        """Sends `messages`, as fast as the other side takes them."""
        try:
            await self._begin()
            parts: list[bytes] = []
            for message in messages:
                parts += (_PREFIX.pack(0, len(message)), message)
            await self._stream._stream.send_data(b"".join(parts))
        except GRPCError as error:
            raise as_error(error) from error
        except (StreamTerminatedError, ConnectionError, H2Error) as error:
            raise Unavailable(str(error) or "the connection is gone") from error

    async def receive(self) -> list[bytes]:
        """The messages that have come, at least one; none when the other side has said that there are no more."""
        try:
            await self._begin()
            while True:
                data = await (self._some_as_client() if self._is_client else self._some())
                if not data:
                    await self._ended()
                    return []
                if messages := self._split(data):
                    return messages
        except GRPCError as error:
            raise as_error(error) from error
        except (StreamTerminatedError, ConnectionError, H2Error) as error:
            raise Unavailable(str(error) or "the connection is gone") from error

    async def _begin(self) -> None:
        if self._is_client:
            if not self._stream._send_request_done:
                await self._stream.send_request()
        elif not self._stream._send_initial_metadata_done:
            await self._stream.send_initial_metadata()

    async def _some(self) -> bytes:
        """What has come; waits for the first byte of it, so that the windows of HTTP/2 bound how much it is."""
        first: bytes = await self._stream._stream.recv_data(1)
        return first + await self._there() if first else b""

    async def _some_as_client(self) -> bytes:
        """The same. A server that ends a call with an error resets the stream behind it: what it said before counts."""
        try:
            if not self._stream._recv_initial_metadata_done:
                await self._stream.recv_initial_metadata()
            with self._stream._wrapper:
                return await self._some()
        except StreamTerminatedError:
            if data := await self._there():
                return data
            inner = self._stream._stream
            told = dict(inner.trailers or inner.headers or ())
            if "grpc-status" in told:
                self._stream._raise_for_grpc_status(*self._stream._process_grpc_status(told))
            raise

    async def _there(self) -> bytes:
        """What has come, without waiting."""
        inner = self._stream._stream
        buffer = inner.buffer
        size = buffer._acked_size + sum(one.data_size for one in buffer._unacked._queue)
        data: bytes = await inner.recv_data(min(size, MOST_MESSAGE_BYTES)) if size else b""
        return data

    def _split(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes. Pieces of one are joined once, when all are there."""
        self._rest.append(data)
        self._held += len(data)
        if self._held < self._needed:
            return []
        data = b"".join(self._rest) if len(self._rest) > 1 else data
        messages = []
        at = 0
        self._needed = _PREFIX.size
        while len(data) - at >= _PREFIX.size:
            compressed, size = _PREFIX.unpack_from(data, at)
            if compressed or size > MOST_MESSAGE_BYTES:
                raise InvalidParameter(f"a message of {size} bytes is too large, or compressed")
            end = at + _PREFIX.size + size
            if end > len(data):
                self._needed = _PREFIX.size + size
                break
            messages.append(data[at + _PREFIX.size : end])
            at = end
        self._rest = [data[at:]] if at < len(data) else []
        self._held = len(data) - at
        return messages

    async def _ended(self) -> None:
        """A client learns of the call's end: raises GRPCError when that is an error."""
        if self._rest:
            raise Unavailable("the stream ended in the middle of a message")
        if self._is_client and not self._stream._recv_trailing_metadata_done:
            if not self._stream._end_done:
                await self._stream.end()
            await self._stream.recv_trailing_metadata()


def as_error(error: GRPCError) -> DockyardError:
    """The error of ours that fits what the other side has answered."""
    return _ERRORS.get(error.status, SystemFailure)(error.message or error.status.name)
