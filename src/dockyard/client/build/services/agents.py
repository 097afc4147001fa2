"""`moby.sshforward.v1.SSH`: steps of the build use SSH agents of ours, to see which keys there are and to have signed.

Whatever else an agent does (take keys, forget them, lock itself) is refused here, builds run others' code.
https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from dockyard.errors import InvalidParameter, NotFound, Unavailable
from dockyard.rpc.serve import Methods, conversing, unary
from dockyard.wire.buildkit.messages import ssh

_ID = "buildkit.ssh.id"
_REQUEST_IDENTITIES: Final = 11
_SIGN_REQUEST: Final = 13
_FAILURE: Final = b"\0\0\0\1\5"
_MOST_BYTES: Final = 256 << 10
"""OpenSSH's own limit of a message."""


def agent_methods(sockets: Mapping[str, str]) -> Methods:
    """Lets the daemon reach the agents at `sockets`, by id."""

    def socket_of(name: str) -> str:
        found = sockets.get(name or "default")
        if found is None:
            raise NotFound(f"unset ssh forward key {name or 'default'}")
        return found

    async def check_agent(request: Any, metadata: Any) -> Any:
        del metadata
        socket_of(request.ID)
        return ssh.CheckAgentResponse()

    async def forward_agent(stream: Any) -> None:
        path = socket_of(str((stream.metadata or {}).get(_ID, "")))
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except OSError as error:
            raise Unavailable(f"failed to connect to {path}: {error.strerror or error}") from error
        try:
            async for request in _messages(stream):
                await stream.send_message(ssh.BytesMessage(data=await _answer(request, reader, writer)))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Unavailable("the ssh agent has ended the conversation") from None
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    return {
        **unary("/moby.sshforward.v1.SSH/CheckAgent", check_agent),
        **conversing("/moby.sshforward.v1.SSH/ForwardAgent", forward_agent),
    }


async def _answer(request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    if request[4:5] not in (bytes([_REQUEST_IDENTITIES]), bytes([_SIGN_REQUEST])):
        return _FAILURE
    writer.write(request)
    await writer.drain()
    length = await reader.readexactly(4)
    size = int.from_bytes(length, "big")
    if size > _MOST_BYTES:
        raise Unavailable(f"the ssh agent answers with {size} bytes")
    return length + await reader.readexactly(size)


async def _messages(stream: Any) -> AsyncIterator[bytes]:
    """The requests on the stream, each whole with its length before it; they may come in any pieces."""
    buffer = b""
    async for piece in stream:
        buffer += piece.data
        while len(buffer) >= 4:
            size = int.from_bytes(buffer[:4], "big")
            if not 0 < size <= _MOST_BYTES:
                raise InvalidParameter(f"a request of {size} bytes to the ssh agent")
            if len(buffer) < 4 + size:
                break
            yield buffer[: 4 + size]
            buffer = buffer[4 + size :]
