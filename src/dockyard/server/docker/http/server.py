"""Serves listening sockets with one request handler.

server = HttpServer(door)
await server.listen(open_listener("unix:///run/dockyard/dockyard.sock"))
…
await server.close(grace_seconds=15)
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse

from dockyard.server.docker.http.connection import ConnectionFactory


class HttpServer:
    """HTTP on any number of sockets; a handler is cancelled when its client goes away."""

    def __init__(self, handle: Callable[[BaseRequest], Awaitable[StreamResponse]]) -> None:
        self._factory = ConnectionFactory(handle, handler_cancellation=True)
        self._servers: list[asyncio.Server] = []
        self._paths: list[tuple[str, int]] = []

    async def listen(self, listener: socket.socket, *, ours: bool = True) -> None:
        """Accepts clients on `listener` (non-blocking, already listening); this server closes it.

        `ours`: the path of a unix socket is removed in the end; one that was passed in stays its owner's.
        """
        loop = asyncio.get_running_loop()
        if listener.family == socket.AF_UNIX:
            if ours:
                path = listener.getsockname()
                self._paths.append((path, os.stat(path).st_ino))
            self._servers.append(await loop.create_unix_server(self._factory, sock=listener))
        else:
            self._servers.append(await loop.create_server(self._factory, sock=listener))

    async def close(self, grace_seconds: float) -> None:
        """Accepts nobody any more, gives running requests `grace_seconds`, cuts the rest off; removes its sockets."""
        for server in self._servers:
            server.close()
        for path, inode in self._paths:
            with contextlib.suppress(OSError):
                if os.stat(path).st_ino == inode:  # a successor may have put its own there already
                    os.unlink(path)
        self._factory.pre_shutdown()
        await self._factory.shutdown(grace_seconds)
        self._servers.clear()
        self._paths.clear()
