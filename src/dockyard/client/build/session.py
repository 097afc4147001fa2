"""A session: the daemon asks on one connection for what a build needs, while we ask on another for the build."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dockyard.client.build.hijack import hijack
from dockyard.client.build.services.health import health_methods
from dockyard.client.engine import EngineClient
from dockyard.rpc.call import Caller, connect
from dockyard.rpc.serve import Methods, serve


def new_id() -> str:
    """An id for a session or a build, as hard to guess as BuildKit's own."""
    return secrets.token_hex(16)


@asynccontextmanager
async def session(client: EngineClient, methods: Methods, shared_key: str) -> AsyncIterator[str]:
    """Serves `methods` to the daemon as long as the context lasts; its value is the session's id."""
    served = {**methods, **health_methods()}
    name = new_id()
    headers: dict[str, str | tuple[str, ...]] = {
        "X-Docker-Expose-Session-Uuid": name,
        "X-Docker-Expose-Session-Sharedkey": shared_key.encode("ascii", "replace").decode(),
        "X-Docker-Expose-Session-Grpc-Method": tuple(served),
    }
    sock, early = await hijack(client, "/session", headers)
    protocol = await serve(served, sock, early)
    try:
        yield name
    finally:
        protocol.connection.close()
        await protocol.closed.wait()


@asynccontextmanager
async def control(client: EngineClient) -> AsyncIterator[Caller]:
    """The daemon's `moby.buildkit.v1.Control`, as long as the context lasts; leaving it cancels what is under way."""
    sock, early = await hijack(client, "/grpc")
    caller = await connect(sock, early)
    try:
        yield caller
    finally:
        caller.close()
