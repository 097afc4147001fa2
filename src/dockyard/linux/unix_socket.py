"""Unix stream sockets by descriptor, without the `socket` module, which takes 5 ms to load: unix(7)."""

import _socket
import fcntl
import os
import sys
from collections.abc import Callable

_LONGEST_PATH = 107
_SIOCOUTQ = 0x5411


def listen(path: str) -> int:
    """A listening socket bound to `path`, close-on-exec. OSError; FileExistsError-like EADDRINUSE when it is there."""
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        _at(path, server.bind)
        server.listen(8)
    except OSError:
        server.close()
        raise
    return server.detach()


def accept(server: int) -> int:
    """The next connection, close-on-exec; waits for one. OSError."""
    listener = _socket.socket(fileno=server)
    try:
        connection, _ = listener._accept()  # type: ignore[attr-defined]  # what socket.accept() itself is made of
    finally:
        listener.detach()
    return int(connection)


def connect(path: str) -> int:
    """A connection to the socket at `path`, close-on-exec. OSError."""
    client = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        _at(path, client.connect)
    except OSError:
        client.close()
        raise
    return client.detach()


def send_descriptor(channel: int, descriptor: int, data: bytes) -> None:
    """Send `descriptor` with `data` over the connected socket `channel`. OSError."""
    connection = _socket.socket(fileno=channel)
    try:
        ancillary = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptor.to_bytes(4, sys.byteorder))
        connection.sendmsg([data], [ancillary])
    finally:
        connection.detach()


def unread_bytes(connection: int) -> int:
    """How much of what was sent the other side hasn't read, in the kernel's measure (over TCP: not acknowledged)."""
    return int.from_bytes(fcntl.ioctl(connection, _SIOCOUTQ, bytes(4)), sys.byteorder)


def _at(path: str, action: Callable[[str], object]) -> None:
    """Call `action` with `path`, through its directory's descriptor when it is too long for an address."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        action(path)
        return
    directory = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        action(f"/proc/self/fd/{directory}/{os.path.basename(path)}")
    finally:
        os.close(directory)
