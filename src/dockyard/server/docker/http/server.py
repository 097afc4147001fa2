"""Serves listening sockets with a request handler, or one for each.

server = HttpServer(door)
await server.listen(open_listener("unix:///run/dockyard/dockyard.sock"))
await server.listen(open_listener("tcp://0.0.0.0:2376"), tls=Tls("cert.pem", "key.pem", "ca.pem"))
…
await server.close(grace_seconds=15)
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Awaitable, Callable

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse

from dockyard.server.docker.http.connection import ConnectionFactory
from dockyard.server.docker.http.tls import Tls, TlsConnection

Handler = Callable[[BaseRequest], Awaitable[StreamResponse]]

_KEEPALIVE_SECONDS = 15
_KEEPALIVE_PROBES = 9
"""https://pkg.go.dev/net#KeepAliveConfig"""


class HttpServer:
    """HTTP on any number of sockets; a handler is cancelled when its client goes away."""

    def __init__(self, handle: Handler) -> None:
        self._factory = ConnectionFactory(handle, handler_cancellation=True)
        self._others: list[ConnectionFactory] = []
        self._servers: list[asyncio.Server] = []
        self._paths: list[tuple[str, int]] = []

    async def listen(
        self,
        listener: socket.socket,
        *,
        ours: bool = True,
        handle: Handler | None = None,
        tls: Tls | None = None,
    ) -> None:
        """Accepts clients on `listener` (non-blocking, already listening); this server closes it.

        `ours`: the path of a unix socket is removed in the end; one that was passed in stays its owner's.
        `handle`: answers the requests of this socket, in place of the server's own handler.
        `tls`: clients speak TLS.
        """
        loop = asyncio.get_running_loop()
        factory = self._factory
        if handle is not None:
            factory = ConnectionFactory(handle, handler_cancellation=True)
            self._others.append(factory)

        def protocol() -> asyncio.BaseProtocol:
            return factory() if tls is None else TlsConnection(tls.context, factory)

        if listener.family == socket.AF_UNIX:
            if ours:
                path = listener.getsockname()
                self._paths.append((path, os.stat(path).st_ino))
            if sys.version_info >= (3, 13):  # there the path would go with the server, also one that isn't ours
                server = await loop.create_unix_server(protocol, sock=listener, cleanup_socket=False)
            else:
                server = await loop.create_unix_server(protocol, sock=listener)
            self._servers.append(server)
        else:
            _keep_alive(listener)
            self._servers.append(await loop.create_server(protocol, sock=listener))

    async def close(self, grace_seconds: float) -> None:
        """Accepts nobody any more, gives running requests `grace_seconds`, cuts the rest off; removes its sockets."""
        for server in self._servers:
            server.close()
        for path, inode in self._paths:
            with contextlib.suppress(OSError):
                if os.stat(path).st_ino == inode:  # a successor may have put its own there already
                    os.unlink(path)
        factories = (self._factory, *self._others)
        for factory in factories:
            factory.pre_shutdown()
        await asyncio.gather(*(factory.shutdown(grace_seconds) for factory in factories))
        self._servers.clear()
        self._others.clear()
        self._paths.clear()


def _keep_alive(listener: socket.socket) -> None:
    """Who vanishes without a word is found out, also behind an upgrade: with the times of Go's net/http. Accepted
    sockets have what their listener has (tcp(7))."""
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        listener.setsockopt(socket.IPPROTO_TCP, option, _KEEPALIVE_SECONDS)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEPALIVE_PROBES)
