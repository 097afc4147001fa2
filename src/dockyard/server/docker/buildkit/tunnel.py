"""Control.Session: a session inside of a call, for clients without a connection for it (buildx's driver `remote`).

client's gRPC server ◂─ bytes in messages of one call ─▸ a socket pair ◂─▸ the daemon's gRPC client
"""

import asyncio
import socket
from typing import Any

from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.server import Stream

from dockyard.builder.session.session import Session
from dockyard.engine.builds.kit.sessions import Sessions
from dockyard.rpc.call import connect
from dockyard.rpc.serve import Methods, conversing
from dockyard.wire.buildkit.messages import control

_PREFIX = "x-docker-expose-session-"
_CHUNK = 32 << 10
_MOST_METHODS = 256


def tunnel_methods(sessions: Sessions) -> Methods:
    """The method."""

    async def session(stream: Stream[Any, Any]) -> None:
        await _hold(sessions, stream)

    return conversing("/moby.buildkit.v1.Control/Session", session)


async def _hold(sessions: Sessions, stream: Stream[Any, Any]) -> None:
    metadata: Any = stream.metadata
    name = metadata.get(_PREFIX + "uuid", "")
    methods = metadata.getall(_PREFIX + "grpc-method", [])
    if not name or len(methods) > _MOST_METHODS:
        raise GRPCError(Status.INVALID_ARGUMENT, "no session ID in request, or too many methods")
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    caller = await connect(theirs)
    pumps = [asyncio.ensure_future(_to_client(ours, stream)), asyncio.ensure_future(_from_client(stream, ours))]
    session = Session(
        name, metadata.get(_PREFIX + "name", ""), metadata.get(_PREFIX + "sharedkey", ""), frozenset(methods), caller
    )
    try:
        await sessions.add(session)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sessions.remove(session)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        caller.close()
        ours.close()


async def _to_client(ours: socket.socket, stream: Stream[Any, Any]) -> None:
    loop = asyncio.get_running_loop()
    while data := await loop.sock_recv(ours, _CHUNK):
        await stream.send_message(control.BytesMessage(data=data))


async def _from_client(stream: Stream[Any, Any], ours: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    async for message in stream:
        await loop.sock_sendall(ours, message.data)
