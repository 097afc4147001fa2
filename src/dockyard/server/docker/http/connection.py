"""One client's connection: aiohttp's, with three differences that Docker's clients need.

1. A client that closes its writing side after a request (`nc`, `socat`) still gets its answer: aiohttp closes the
   connection instead (aio-libs/aiohttp#3659). A client that is gone altogether is told apart from it by POLLHUP where
   the socket can tell (unix(7)); then the handler is cancelled. TCP can't tell: there a client that has closed its side
   is given a while for its answer, and is then taken for gone.
2. What a client sends right behind a request that will hijack the connection belongs to the session, not to HTTP. Such
   bytes are held back here (`early`) until the hijack takes them or an ordinary answer releases them.
3. Errors in HTTP itself are answered in a short text and logged for debugging only; an error within a body ends its
   request, even if that was begun before the error came.
"""

import asyncio
import logging
import select
import socket
from typing import Any, cast

from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse
from aiohttp.web_server import Server

from dockyard.errors import InvalidParameter
from dockyard.server.docker.http.boundary import Body, end_of_head, may_hijack

LOG = logging.getLogger(__name__)

MAXIMUM_LINE_BYTES = 1 << 16
MAXIMUM_HEADER_BYTES = 1 << 20
"""X-Registry-Config carries the credentials of every registry: far beyond aiohttp's 8 KiB."""
READ_BUFFER_BYTES = 1 << 18
EARLY_LIMIT_BYTES = 1 << 16
HEAD_LIMIT_BYTES = 1 << 16
"""Of a request that may hijack: a longer head goes to the parser as it comes, and early bytes behind it may be lost."""
HALF_CLOSED_SECONDS = 5.0
"""How long a TCP client that has closed its writing side may wait for an answer."""


class Connection(RequestHandler):
    """A connection of one client; see the module."""

    __slots__ = ("_body", "_head", "_holding", "early", "latest_body")

    def __init__(self, manager: Server, **options: Any) -> None:
        super().__init__(manager, **options)
        self._head = b""
        self._body: Body | None = None
        self._holding = False
        self.early = b""
        self.latest_body: StreamReader | None = None
        """The body of the request that is being answered, or was answered last."""

    def data_received(self, data: bytes) -> None:
        if self._holding:
            self._hold(data)
        elif self._body is not None:
            self._receive_body(self._body, data)
        elif self._head or not self._body_is_cut_off():
            self._receive_head(self._head + data)
        else:
            self._parse(data)

    def _receive_head(self, data: bytes) -> None:
        """`data` begins a request."""
        self._head = b""
        may = may_hijack(data)
        found = end_of_head(data) if may else None
        if may is not False and found is None and len(data) <= HEAD_LIMIT_BYTES:
            self._head = data
            return
        if found is None:
            self._parse(data)
            return
        end, body = found
        self._body = body
        self._parse(data[:end])
        self._receive_body(body, data[end:])

    def _receive_body(self, body: Body, data: bytes) -> None:
        end = body.take(data)
        if end:
            self._parse(data[:end])
        if body.done:
            self._body = None
            self._holding = True
            self._hold(data[end:])

    def _hold(self, data: bytes) -> None:
        self.early += data
        if len(self.early) >= EARLY_LIMIT_BYTES and self.transport is not None:
            self.transport.pause_reading()

    def take_early(self) -> bytes:
        """The bytes that were held back, for the session that takes the connection over."""
        early, self.early = self.early, b""
        return early

    def release_early(self) -> None:
        """The request is answered in HTTP after all: what was held back is the next request."""
        self._holding = False
        self._body = None
        if self.early and self.transport is not None:
            early = self.take_early()
            self.transport.resume_reading()
            self._parse(early)

    def _parse(self, data: bytes) -> None:
        """Gives bytes to HTTP's parser. What is wrong in a body ends its request, which else waited for ever."""
        super().data_received(data)
        if not self._messages or isinstance(self._messages[-1][0], RawRequestMessage):
            return
        body = self._messages[-2][1] if len(self._messages) > 1 else self.latest_body
        if body is not None and not body.is_eof() and body.exception() is None:
            self._messages.pop()  # it has an answer: that of its request
            self.close()
            self._lingering_time = 0.0  # aiohttp would read on, and log what it finds as an error of ours
            body.set_exception(InvalidParameter("the request's body is malformed"))

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keeps the connection open for the answer that is still due; returns None to have it closed."""
        waiter = self._waiter
        answer_due = bool(self._messages) or (self._request_count > 0 and (waiter is None or waiter.done()))
        if self.transport is None or not answer_due or self._body_is_cut_off():
            return None
        client = self.transport.get_extra_info("socket")
        if client is None or client.family != socket.AF_UNIX:
            self._loop.call_later(HALF_CLOSED_SECONDS, self.force_close)
        elif _is_gone(client):
            return None
        self.close()
        return True

    def _body_is_cut_off(self) -> bool:
        """Whether a request can't be answered, because the rest of its body will never come."""
        body = self._messages[-1][1] if self._messages else self.latest_body
        return body is not None and not body.is_eof()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> StreamResponse:
        """A short answer to what isn't HTTP; the door has already dealt with the endpoints' own errors."""
        LOG.debug("request from %s refused: %s", request.remote, message or exc)
        response = Response(status=status, text=f"{status} {message or 'Bad Request'}")
        response.force_close()
        return response


class ConnectionFactory(Server):
    """Makes a `Connection` for each client (the protocol factory of the listening sockets)."""

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> BaseRequest:
        cast(Connection, protocol).latest_body = payload
        return super()._make_request(message, payload, protocol, writer, task)

    def __call__(self) -> RequestHandler:
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            max_line_size=MAXIMUM_LINE_BYTES,
            max_field_size=MAXIMUM_HEADER_BYTES,
            read_bufsize=READ_BUFFER_BYTES,
            auto_decompress=False,
            logger=LOG,
        )


def connection_of(request: BaseRequest) -> Connection:
    """The connection that `request` came on."""
    return cast(Connection, request.protocol)


def _is_gone(client: socket.socket) -> bool:
    """Whether the peer of a unix socket has closed it, not only its writing side."""
    poll = select.poll()
    poll.register(client.fileno(), 0)  # POLLHUP and POLLERR are always reported
    return bool(poll.poll(0))
