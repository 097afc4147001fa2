"""`--buildkit-host`: BuildKit's services on a socket of their own, without HTTP/1 before them, for buildx's driver
`remote`, buildctl, and others that speak to buildkitd. Who may open it may do what the Docker socket allows.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncGenerator

from dockyard.engine.engine import Engine
from dockyard.errors import InvalidParameter, SystemFailure

_BACKLOG = 64


def socket_path(address: str) -> str:
    """The path in `unix:///path`. Raises InvalidParameter for another address."""
    path = address.removeprefix("unix://")
    if path == address or not path.startswith("/"):
        raise InvalidParameter(f"--buildkit-host {address}: unix:///path is expected")
    return path


@contextlib.asynccontextmanager
async def listening(engine: Engine, address: str) -> AsyncGenerator[None, None]:
    """Serve while the block runs; nothing for an empty address. The socket is its owner's alone (0600)."""
    if not address:
        yield
        return
    path = socket_path(address)
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        before = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(before)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SystemFailure(f"--buildkit-host {address}: {error.strerror}") from error
    accepting = asyncio.ensure_future(_accept(engine, listener))
    try:
        yield
    finally:
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        listener.close()
        with contextlib.suppress(OSError):
            os.unlink(path)


async def _accept(engine: Engine, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        client, _ = await loop.sock_accept(listener)
        from dockyard.server.docker.buildkit.serve import serve_buildkit  # with the first client, not with the daemon

        work = serve_buildkit(engine, client.detach(), b"")
        engine.builds.parts.services.background.start("a connection to the builder", work)
