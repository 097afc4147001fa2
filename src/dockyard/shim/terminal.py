"""The socket over which a runtime hands the master of a terminal to its shim: runc's console socket.

https://github.com/opencontainers/runc/blob/v1.2.0/docs/terminals.md
"""

import os
import socket

from dockyard.errors import SystemFailure
from dockyard.shim.packets import close_all

RECEIVE_SECONDS = 10.0


class ConsolePair:
    """A connected pair for a runtime in this process: it sends on `theirs`, `receive` gives what it sent."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)

    @property
    def theirs(self) -> int:
        """The runtime's end."""
        return self._theirs.fileno()

    def close_theirs(self) -> None:
        """Close the runtime's end here, so that `receive` sees when the runtime's own has gone without a word."""
        self._theirs.close()

    def receive(self) -> int:
        """The terminal's master; SystemFailure when none was sent."""
        return receive_master(self._ours)

    def close(self) -> None:
        """Close both ends."""
        self._ours.close()
        self._theirs.close()


def receive_master(connection: socket.socket) -> int:
    """The one descriptor that comes over `connection`, close-on-exec.

    Raises:
        SystemFailure: nothing, or something else, came within ten seconds.
    """
    connection.settimeout(RECEIVE_SECONDS)
    try:
        _, descriptors, _, _ = socket.recv_fds(connection, 4096, 1, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise SystemFailure(f"receiving the terminal from the runtime: {error}") from error
    if len(descriptors) != 1:
        close_all(descriptors)
        raise SystemFailure("receiving the terminal from the runtime: it sent none")
    if not os.isatty(descriptors[0]):
        close_all(descriptors)
        raise SystemFailure("receiving the terminal from the runtime: what it sent is no terminal")
    return descriptors[0]
