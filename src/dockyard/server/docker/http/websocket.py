"""A websocket whose messages are a container's stdio: the daemon stands between it and one end of a socket pair.

Unlike a hijacked connection it ends with the daemon, which has to frame and unframe what goes over it (RFC 6455).
"""

import asyncio
import logging
import socket
from collections.abc import Mapping

from aiohttp import WSMsgType
from aiohttp.web_request import BaseRequest
from aiohttp.web_ws import WebSocketResponse

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.server.docker.http.answers import Hijacked, WebsocketAnswer

LOG = logging.getLogger(__name__)

LARGEST_MESSAGE_BYTES = 4 << 20
PIECE = 1 << 15


async def converse(request: BaseRequest, answer: WebsocketAnswer, headers: Mapping[str, str]) -> WebSocketResponse:
    """Makes a websocket of the request's connection, and passes bytes on until either side has closed.

    Raises InvalidParameter when the request asks for no websocket.
    """
    response = WebSocketResponse(max_msg_size=LARGEST_MESSAGE_BYTES, compress=False)
    if not response.can_prepare(request):
        raise InvalidParameter("websocket: the client is not using the websocket protocol")
    response.headers.update(headers)
    await response.prepare(request)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        try:
            await answer.receive(Hijacked(theirs.detach(), b""))
        except DockyardError as error:  # the client reads it in the stream
            LOG.error("%s %s: no session: %s", request.method, request.path_qs, error)
        outward = asyncio.ensure_future(_outward(reader, response, binary=answer.binary))
        inward = asyncio.ensure_future(_inward(response, writer))
        try:
            await asyncio.wait((outward, inward), return_when=asyncio.FIRST_COMPLETED)
        finally:
            outward.cancel()
            inward.cancel()
            await asyncio.gather(outward, inward, return_exceptions=True)
        await response.close()
    finally:
        writer.close()
    return response


async def _outward(reader: asyncio.StreamReader, response: WebSocketResponse, *, binary: bool) -> None:
    while piece := await reader.read(PIECE):
        if binary:
            await response.send_bytes(piece)
        else:
            await response.send_str(piece.decode("utf-8", "replace"))


async def _inward(response: WebSocketResponse, writer: asyncio.StreamWriter) -> None:
    async for message in response:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            writer.write(message.data.encode() if isinstance(message.data, str) else message.data)
            await writer.drain()
