"""Connections of HTTP that become connections of gRPC: `Upgrade: h2c` on /session and /grpc (Engine API, "Session")."""

import asyncio
import socket
from collections.abc import Mapping

from dockyard.client.engine import EngineClient
from dockyard.errors import Unavailable

Headers = Mapping[str, str | tuple[str, ...]]


async def hijack(client: EngineClient, path: str, headers: Headers | None = None) -> tuple[socket.socket, bytes]:
    """The socket behind the daemon's 101, which is the caller's, and what the daemon has said on it already.

    Raises the daemon's error, Unavailable where it doesn't know this way.
    """
    response = await asyncio.to_thread(client.hijack, path, upgrade="h2c", headers=headers)
    connection = response.connection
    if response.status != 101:
        connection.close()
        raise Unavailable(f"the daemon answers {path} with status {response.status}: it has no BuildKit")
    early = bytes(connection.buffer)
    return socket.socket(fileno=connection.socket.detach()), early
