"""Clients over TCP that vanish without a word are found out, as Go's net/http does it."""

import asyncio
import socket

import pytest
from aiohttp.web_response import Response

from dockyard.server.docker.http.listen import open_listener
from dockyard.server.docker.http.server import HttpServer

FOUND = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_accepted_sockets_are_kept_alive(host: str):
    async def handle(request):
        accepted = request.transport.get_extra_info("socket")
        return Response(text=repr([accepted.getsockopt(*option) for option in FOUND]))

    server = HttpServer(handle)
    listener = open_listener(f"tcp://{host}:0")
    port = listener.getsockname()[1]
    await server.listen(listener)
    try:
        reader, writer = await asyncio.open_connection(host.strip("[]"), port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
    finally:
        await server.close(1)
    assert answer.endswith(b"\r\n\r\n[1, 15, 15, 9]")
