"""Sends an `Answer`.

https://www.rfc-editor.org/rfc/rfc9112#section-7.1 (chunked transfer, for bodies whose length isn't known)
"""

import logging
from collections.abc import AsyncIterator, Mapping

import msgspec
from aiohttp.http import HttpVersion11
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse

from dockyard.api.media_types import JSON
from dockyard.errors import DockyardError
from dockyard.server.docker.http.answers import (
    Answer,
    BytesAnswer,
    EmptyAnswer,
    HijackAnswer,
    JsonAnswer,
    StreamAnswer,
    WebsocketAnswer,
)
from dockyard.server.docker.http.connection import connection_of
from dockyard.server.docker.http.hijack import HijackedResponse, take_over
from dockyard.server.docker.http.websocket import converse

LOG = logging.getLogger(__name__)


async def perform(request: BaseRequest, answer: Answer, headers: Mapping[str, str]) -> StreamResponse:
    """Carries `answer` out on the connection of `request`; `headers` are added to those of the answer.

    A `StreamAnswer` that fails before its first piece raises that error, and nothing has been sent.
    """
    match answer:
        case HijackAnswer():
            hijacked = await take_over(
                request,
                answer.content_type,
                headers,
                speaks_first=answer.speaks_first,
                protocol=answer.protocol,
            )
            try:
                await answer.receive(hijacked)
            except Exception as error:
                # The status line has gone out: there is no way left to tell this client but to end its stream.
                bug = None if isinstance(error, DockyardError) else error
                LOG.error("%s %s: no session: %s", request.method, request.path_qs, error, exc_info=bug)
            return HijackedResponse()
        case WebsocketAnswer():
            connection_of(request).release_early()
            return await converse(request, answer, headers)
        case StreamAnswer():
            connection_of(request).release_early()
            return await _send_stream(request, answer, headers)
        case _:
            connection_of(request).release_early()
            return _whole(answer, headers)


def _whole(answer: EmptyAnswer | BytesAnswer | JsonAnswer, headers: Mapping[str, str]) -> Response:
    match answer:
        case JsonAnswer():
            body: bytes | None = msgspec.json.encode(answer.value) + b"\n"
            content_type = JSON
        case BytesAnswer():
            body, content_type = answer.body, answer.content_type
        case EmptyAnswer():
            body, content_type = None, ""
    merged = {**headers, **answer.headers}
    if content_type:
        merged["Content-Type"] = content_type
    return Response(body=body, status=answer.status, headers=merged)


async def _send_stream(request: BaseRequest, answer: StreamAnswer, headers: Mapping[str, str]) -> StreamResponse:
    merged = {**headers, **answer.headers, "Content-Type": answer.content_type}
    response = StreamResponse(status=answer.status, headers=merged)
    if request.version >= HttpVersion11:
        response.enable_chunked_encoding()
    pieces = answer.pieces
    try:
        first = b""
        if not answer.immediate:
            first = await anext(pieces, b"")
        await response.prepare(request)
        try:
            if first:
                await response.write(first)
            async for piece in pieces:
                await response.write(piece)
        except ConnectionError:
            raise
        except Exception as error:
            await _tell_failure(request, response, answer, error)
            return response
        await response.write_eof()
        return response
    finally:
        await _close(pieces)


async def _tell_failure(request: BaseRequest, response: StreamResponse, answer: StreamAnswer, error: Exception) -> None:
    """Ends a stream that failed half-way: with its epilogue, or by cutting the connection."""
    LOG.error("%s %s failed after its answer had begun: %s", request.method, request.path_qs, error)
    if answer.epilogue is not None:
        await response.write(answer.epilogue(error))
        await response.write_eof()
    elif request.transport is not None:
        request.transport.abort()
        raise ConnectionResetError("the stream failed") from error


async def _close(pieces: AsyncIterator[bytes]) -> None:
    """Lets a generator run its clean-up now rather than when the collector finds it."""
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
