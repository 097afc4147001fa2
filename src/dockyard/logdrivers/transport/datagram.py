"""Datagrams to a receiver: UDP, which may be lost on the way, and unix, which wait until they are read.

A UDP socket that is connected hears (ICMP) that nobody listens at the port, with the datagram after the lost one. A
unix socket knows what isn't read (SIOCOUTQ); but what was waiting for a receiver that dies is gone from there, too, so
that it must be looked whether that one still is where it was.

https://man7.org/linux/man-pages/man7/udp.7.html · https://man7.org/linux/man-pages/man7/unix.7.html
"""

import array
import asyncio
import errno
import fcntl
import os
import socket
from contextlib import suppress
from typing import Any

from dockyard.logdrivers.transport.stream import unacknowledged_bytes

_KIND = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
_PAUSE_SECONDS = 0.002
_ERROR_SECONDS = 0.0002
"""What the kernel of the same machine needs to tell that nobody listens; a remote one is heard at the next send."""


class Datagrams:
    """One connected socket."""

    def __init__(self, connected: socket.socket, path: str = "") -> None:
        self._socket = connected
        self._path = path
        self._inode = os.stat(path).st_ino if path else 0

    @classmethod
    async def connect_udp(cls, host: str, port: int) -> "Datagrams":
        """Resolves the name and connects; OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, _, protocol, _, address = found[0]
        return cls(_connected(socket.socket(family, _KIND, protocol), address))

    @classmethod
    def connect_unix(cls, path: str) -> "Datagrams":
        """Connects; OSError."""
        return cls(_connected(socket.socket(socket.AF_UNIX, _KIND), path), path)

    async def send(self, data: bytes) -> None:
        """Sends one datagram; OSError, also for one that was sent before and met nobody."""
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def send_of_any_size(self, data: bytes) -> None:
        """Sends a datagram, or where it is too long a sealed memory file's descriptor, as the journal takes it."""
        try:
            await self.send(data)
        except OSError as error:
            if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                raise
            memory = os.memfd_create("datagram", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(memory, view) :]
                fcntl.fcntl(memory, fcntl.F_ADD_SEALS, _SEALS)
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", (memory,)))
                self._socket.sendmsg([], [rights])
            finally:
                os.close(memory)

    async def flush(self) -> None:
        """Returns when what was sent has been read (unix), or has had the time to be refused (UDP). OSError."""
        if self._path:
            while unacknowledged_bytes(self._socket.fileno()):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(_PAUSE_SECONDS)
            if os.stat(self._path).st_ino != self._inode:
                raise ConnectionResetError("the receiver is another one")
            with socket.socket(socket.AF_UNIX, _KIND) as probe:
                probe.connect(self._path)
            return
        await asyncio.sleep(_ERROR_SECONDS)
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    async def close(self) -> None:
        """Closes the socket; never raises."""
        with suppress(OSError):
            self._socket.close()


def _connected(one: socket.socket, address: Any) -> socket.socket:
    try:
        one.connect(address)
    except BaseException:
        one.close()
        raise
    return one
