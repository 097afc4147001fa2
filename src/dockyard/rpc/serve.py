"""Functions as gRPC methods. An error of ours becomes a status; everything else is a bug and says so in the log only.

methods = {
    **unary("/moby.buildkit.v1.Control/Info", info),                request, metadata ▸ response
    **streaming("/moby.buildkit.v1.Control/Status", status),        request, metadata ▸ responses
    **conversing("/moby.filesync.v1.FileSync/DiffCopy", diff_copy), a stream of both (grpclib.server.Stream)
}
served = await serve(methods, sock)
await served.closed.wait()
"""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from grpclib.const import Handler, Status
from grpclib.exceptions import GRPCError, StreamTerminatedError
from grpclib.server import Server, Stream

from dockyard.errors import (
    Conflict,
    DockyardError,
    Forbidden,
    InvalidParameter,
    NotFound,
    NotImplementedYet,
)
from dockyard.rpc.codec import Codec, DetailsCodec
from dockyard.rpc.connection import CARDINALITIES, CONFIGURATION, OwnProtocol, begin
from dockyard.wire.buildkit.messages import message_class
from dockyard.wire.buildkit.services import METHODS

LOG = logging.getLogger(__name__)

Metadata = Mapping[str, Any]
"""A call's headers; several values of one name by `getall`."""
Methods = dict[str, Handler]
_STATUS = (
    (NotFound, Status.NOT_FOUND),
    (InvalidParameter, Status.INVALID_ARGUMENT),
    (Forbidden, Status.PERMISSION_DENIED),
    (Conflict, Status.FAILED_PRECONDITION),
    (NotImplementedYet, Status.UNIMPLEMENTED),
)


def unary(path: str, function: Callable[[Any, Metadata], Awaitable[Any]]) -> Methods:
    """A method that answers one message with one."""

    async def handle(stream: Stream[Any, Any]) -> None:
        with _Told(path):
            request = await _request(stream)
            await stream.send_message(await function(request, stream.metadata or {}))

    return _method(path, handle)


def streaming(path: str, function: Callable[[Any, Metadata], AsyncGenerator[Any, None]]) -> Methods:
    """A method that answers one message with any number."""

    async def handle(stream: Stream[Any, Any]) -> None:
        with _Told(path):
            request = await _request(stream)
            async with aclosing(function(request, stream.metadata or {})) as responses:
                async for response in responses:
                    await stream.send_message(response)

    return _method(path, handle)


def conversing(path: str, function: Callable[[Stream[Any, Any]], Awaitable[None]]) -> Methods:
    """A method that takes and gives messages as they come."""

    async def handle(stream: Stream[Any, Any]) -> None:
        with _Told(path):
            await function(stream)

    return _method(path, handle)


async def serve(methods: Methods, sock: socket.socket, early: bytes = b"") -> OwnProtocol:
    """Serve `methods` on a connected socket, which belongs to the connection from now on; `early` was read from it.

    What is under way when the peer hangs up is cancelled.
    """
    server = Server([_Served(methods)], codec=Codec(), status_details_codec=DetailsCodec(), config=CONFIGURATION)
    server._mapping = _Mapping(server._mapping)
    return await begin(server._protocol_factory, sock, early)


class _Mapping(dict[str, Handler]):
    """Methods by path; what isn't there answers that it isn't. grpclib's own answer has no content-type, which gRPC's
    other implementations take for a broken connection.
    """

    def get(self, path: str, default: Any = None) -> Any:
        del default
        return super().get(path) or _unknown(path)


def _unknown(path: str) -> Handler:
    async def refuse(stream: Stream[Any, Any]) -> None:
        del stream
        service, _, name = path.lstrip("/").rpartition("/")
        raise GRPCError(Status.UNIMPLEMENTED, f"unknown method {name} for service {service}")

    kind = message_class("moby.buildkit.v1.BytesMessage")
    return Handler(refuse, CARDINALITIES[True, True], kind, kind)


class _Served:
    def __init__(self, methods: Methods) -> None:
        self._methods = methods

    def __mapping__(self) -> Methods:
        return self._methods


class _Told:
    """Makes statuses of errors."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        del kind, trace
        match error:
            case None | GRPCError() | StreamTerminatedError() | asyncio.CancelledError():
                return
            case DockyardError():
                raise as_status(error) from error
            case Exception():
                LOG.error("%s: %s", self._path, error, exc_info=error)
                raise GRPCError(Status.INTERNAL, "internal error") from error


def as_status(error: DockyardError, details: list[Any] | None = None) -> GRPCError:
    """The error as gRPC tells it; `details` are `google.protobuf.Any`."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), Status.UNKNOWN)
    return GRPCError(status, str(error), details or getattr(error, "details", None))


async def _request(stream: Stream[Any, Any]) -> Any:
    request = await stream.recv_message()
    if request is None:
        raise GRPCError(Status.INVALID_ARGUMENT, "a message is missing")
    return request


def _method(path: str, handle: Callable[[Stream[Any, Any]], Awaitable[None]]) -> Methods:
    method = METHODS[path]
    cardinality = CARDINALITIES[method.streams_in, method.streams_out]
    return {path: Handler(handle, cardinality, message_class(method.request), message_class(method.response))}
