"""The other end of an attached client: what `docker` would see."""

import asyncio
import socket
import struct
from typing import Self

from dockyard.supervisor.client import ClientSocket

WAIT_SECONDS = 20.0


class Peer:
    """A connected pair; `client` is what is handed to a shim, the rest plays the docker client."""

    def __init__(
        self,
        *streams: str,
        tty: bool = False,
        initial_stdin: bytes = b"",
        detach_keys: bytes = b"",
        include_logs: bool = False,
    ) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        self._tty = tty
        wanted = streams or ("stdout", "stderr")
        self.client = ClientSocket(theirs.detach(), wanted, not tty, initial_stdin, detach_keys, include_logs)
        self.received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self.client.close()

    def close(self) -> None:
        """Go away, as a killed client does."""
        self._socket.close()

    async def send(self, data: bytes) -> None:
        """Type."""
        await asyncio.wait_for(asyncio.get_running_loop().sock_sendall(self._socket, data), WAIT_SECONDS)

    def half_close(self) -> None:
        """End of the client's input."""
        self._socket.shutdown(socket.SHUT_WR)

    async def receive(self, size: int = 1 << 20) -> bytes:
        """One read; empty at the end."""
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, size), WAIT_SECONDS)
        self.received += data
        return data

    def blocking(self) -> None:
        """From now on `read_blocking`, in a thread."""
        self._socket.setblocking(True)

    def read_blocking(self) -> bytes:
        """One read, which is not kept; empty at the end."""
        return self._socket.recv(1 << 20)

    async def until(self, expected: bytes) -> bytes:
        """Read until `expected` has come; everything so far."""
        while expected not in self.received:
            assert await self.receive(), f"the end came before {expected!r}: {self.received[-2000:]!r}"
        return self.received

    async def to_end(self) -> bytes:
        """Read to the end; everything so far."""
        while await self.receive():
            pass
        return self.received

    async def output(self) -> dict[str, bytes]:
        """Read to the end, and take the frames apart: bytes by stream."""
        return unframe(await self.to_end())


def unframe(data: bytes) -> dict[str, bytes]:
    """Docker's frames taken apart: bytes by stream."""
    parts: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
    at = 0
    while at < len(data):
        code, length = struct.unpack_from(">BxxxI", data, at)
        assert at + 8 + length <= len(data), "a frame was cut off"
        parts[("stdin", "stdout", "stderr")[code]].append(data[at + 8 : at + 8 + length])
        at += 8 + length
    return {name: b"".join(pieces) for name, pieces in parts.items()}
