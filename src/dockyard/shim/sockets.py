"""Unix sockets in directories whose path may be longer than an address (108 bytes).

The directory is opened, and the socket addressed through `/proc/self/fd`.

https://man7.org/linux/man-pages/man7/unix.7.html ("Address format")
"""

import os
import socket
from contextlib import suppress

BACKLOG = 256

# Plain numbers, because combining members of enumerations touches much memory for nothing.
STREAM, PACKETS = int(socket.SOCK_STREAM), int(socket.SOCK_SEQPACKET)
_UNIX, _FLAGS = int(socket.AF_UNIX), int(socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)


def listen_at(path: str, kind: int = PACKETS) -> socket.socket:
    """A socket that listens at `path` with mode 0600, in place of whatever file is there; OSError."""
    directory, name = os.path.split(path)
    listener = socket.socket(_UNIX, kind | _FLAGS)
    try:
        descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with suppress(FileNotFoundError):
                os.unlink(path)
            listener.bind(f"/proc/self/fd/{descriptor}/{name}")
            os.chmod(path, 0o600)
            listener.listen(BACKLOG)
        finally:
            os.close(descriptor)
    except BaseException:
        listener.close()
        raise
    return listener


def connect_to(path: str, kind: int = PACKETS) -> socket.socket:
    """A non-blocking socket that is connected to the one that listens at `path`.

    Raises:
        FileNotFoundError, ConnectionRefusedError: nobody listens there.
        BlockingIOError: too many wait to be accepted.
    """
    directory, name = os.path.split(path)
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    connection = socket.socket(_UNIX, kind | _FLAGS)
    try:
        connection.connect(f"/proc/self/fd/{descriptor}/{name}")
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(descriptor)
    return connection


def packet_pair() -> tuple[socket.socket, socket.socket]:
    """Two connected SOCK_SEQPACKET sockets, close-on-exec."""
    return socket.socketpair(_UNIX, PACKETS)
