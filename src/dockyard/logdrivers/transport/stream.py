"""A connection to a receiver over TCP, TLS or a unix socket, for protocols in which nobody answers.

What the kernel has taken isn't delivered: when the receiver dies it is lost, and nobody tells. So `send` waits until
the kernel has nothing left that the other side hasn't acknowledged (TCP), or read (unix): SIOCOUTQ, tcp(7) and unix(7).
And the connection is read all the time, because its end is the first sign that the receiver is gone.
"""

import array
import asyncio
import fcntl
import os
import socket
import ssl
import termios
from collections.abc import Callable
from contextlib import suppress

from dockyard.wire.tls_client import client_context

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60
"""After so long without an acknowledgement a receiver is taken for gone (TCP_USER_TIMEOUT, tcp(7))."""

_FIRST_LOOK_SECONDS = 0.0005
_LAST_LOOK_SECONDS = 0.05
_BLOCK_BYTES = 1 << 16


class Stream:
    """One connection.

    on_data: gets what the receiver says; what is said otherwise is thrown away.
    """

    def __init__(self, on_data: Callable[[bytes], None] | None = None) -> None:
        self._on_data = on_data
        self._writer: asyncio.StreamWriter | None = None
        self._watching: asyncio.Task[None] | None = None
        self.broken = asyncio.Event()

    async def connect_tcp(self, host: str, port: int, tls: ssl.SSLContext | None = None, name: str = "") -> None:
        """Connects; `name` is what the certificate must be for, if not `host`. OSError."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    host, port, ssl=tls, server_hostname=(name or host) if tls else None
                )
        except ssl.SSLError:
            raise
        except OSError as error:
            raise ConnectionError(dial_error("tcp", f"{host}:{port}", error)) from error
        connected = writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_SECONDS * 1000)
        self._begin(reader, writer)

    async def connect_unix(self, path: str) -> None:
        """Connects; OSError."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_unix_connection(path)
        except OSError as error:
            raise ConnectionError(dial_error("unix", path, error)) from error
        self._begin(reader, writer)

    async def send(self, data: bytes, timeout_seconds: float | None = None) -> None:
        """Returns when the receiver's side has `data`; OSError when the connection is gone, or time is up."""
        if self._writer is None or self.broken.is_set():
            raise ConnectionError("the connection was closed by the receiver")
        async with asyncio.timeout(timeout_seconds or None):
            self._writer.write(data)
            await self._writer.drain()
            await self._acknowledged(self._writer.get_extra_info("socket").fileno())

    def break_off(self) -> None:
        """Ends the connection at once, as if the receiver had."""
        self.broken.set()
        if self._writer is not None:
            self._writer.transport.abort()

    async def close(self) -> None:
        """Closes the connection; never raises."""
        if self._watching is not None:
            self._watching.cancel()
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError, asyncio.TimeoutError):
                async with asyncio.timeout(1):
                    await self._writer.wait_closed()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)  # drained is: the kernel has all
        self._writer = writer
        self._watching = asyncio.create_task(self._watch(reader))

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(_BLOCK_BYTES):
                if self._on_data is not None:
                    self._on_data(data)
        except OSError:
            pass
        finally:
            self.broken.set()

    async def _acknowledged(self, descriptor: int) -> None:
        pause = _FIRST_LOOK_SECONDS
        while unacknowledged_bytes(descriptor):
            with suppress(asyncio.TimeoutError):
                async with asyncio.timeout(pause):
                    await self.broken.wait()
            if self.broken.is_set():
                raise ConnectionError("the connection was closed by the receiver")
            pause = min(pause * 2, _LAST_LOOK_SECONDS)


def dial_error(network: str, address: str, error: OSError) -> str:
    """Go's words for a connection that can't be made."""
    if isinstance(error, socket.gaierror):
        return f"dial {network}: lookup {address.rpartition(':')[0]}: no such host"
    if isinstance(error, TimeoutError) and not error.errno:
        return f"dial {network} {address}: i/o timeout"
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"dial {network} {address}: connect: {reason[:1].lower()}{reason[1:]}"


def unacknowledged_bytes(descriptor: int) -> int:
    """What of a socket's output the other side doesn't have yet (SIOCOUTQ)."""
    waiting = array.array("i", (0,))
    fcntl.ioctl(descriptor, termios.TIOCOUTQ, waiting)
    return waiting[0]


def tls_context(ca_cert: str = "", cert: str = "", key: str = "", *, skip_verify: bool = False) -> ssl.SSLContext:
    """A client's TLS settings from PEM files; an authority of its own, or the system's. OSError, ssl.SSLError."""
    context = client_context(ca_cert, verify=not skip_verify)
    if cert:
        context.load_cert_chain(cert, key or None)
    return context
