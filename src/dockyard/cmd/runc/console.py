"""Terminals: the user's, in which a container runs in the foreground, and the one that the container gets.

The container's terminal is made by the runtime in the container's own devpts; its master comes back over a unix socket.
In the background the socket is the caller's (`--console-socket`), in the foreground it is a pair of our own.
https://github.com/opencontainers/runc/blob/v1.1.5/docs/terminals.md
"""

import os
import socket
import termios
import tty
from collections.abc import Iterable

from dockyard.cmd.runc.system_error import failure, reason
from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.linux import terminal


class UserTerminal:
    """The terminal that the user sits at, in raw mode while it belongs to the container."""

    def __init__(self, descriptor: int) -> None:
        """Made by `find_user_terminal`."""
        self.descriptor = descriptor
        self._saved = termios.tcgetattr(descriptor)

    def make_raw(self) -> None:
        """Hand on every key as it comes; line editing is the business of the container's terminal."""
        tty.setraw(self.descriptor, termios.TCSANOW)

    def restore(self) -> None:
        """As it was before."""
        termios.tcsetattr(self.descriptor, termios.TCSANOW, self._saved)

    def copy_size_to(self, master: int) -> None:
        """Give the container's terminal the size of this one."""
        terminal.set_size(master, *terminal.size(self.descriptor))


def find_user_terminal(candidates: Iterable[int] = (2, 1, 0)) -> UserTerminal:
    """The first of the standard streams that is a terminal, else the controlling one.

    Raises:
        SystemFailure: this process has none.
    """
    for descriptor in candidates:
        if os.isatty(descriptor):
            return UserTerminal(descriptor)
    try:
        return UserTerminal(os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        raise failure("open", "/dev/tty", error) from error


def connect_console_socket(path: str) -> socket.socket:
    """The caller's socket, to send the master over.

    Raises:
        SystemFailure: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise SystemFailure(f"dial unix {path}: connect: {reason(error)}") from error
    return connection


def receive_master(connection: socket.socket) -> int:
    """The master that the runtime has sent over its end of the pair."""
    _, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
    if not descriptors:
        raise SystemFailure("the container's terminal did not arrive")
    os.set_inheritable(descriptors[0], False)
    return descriptors[0]


def check_terminal(*, wanted: bool, detach: bool, console_socket: str) -> None:
    """Refuse combinations in which a terminal's master would go nowhere.

    Args:
        wanted: the process has a terminal.
        detach: this command doesn't stay with it.
        console_socket: path that the master is to be sent to, "" for none.
    """
    if detach and wanted and not console_socket:
        raise InvalidParameter("cannot allocate tty if runc will detach without setting console socket")
    if console_socket and not (detach and wanted):
        raise InvalidParameter("cannot use console socket if runc will not detach or allocate tty")
