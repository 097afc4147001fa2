"""What a process gets as 0, 1 and 2, and how it is connected to the user.

In the background it gets this command's own. In the foreground too, except where those are a terminal: a process that
shouldn't have one must not get at the user's, in which it could type commands (TIOCSTI). It gets pipes then.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from socket import socket, socketpair

from dockyard.cmd.runc.console import UserTerminal, find_user_terminal, receive_master
from dockyard.cmd.runc.foreground import Signals, attend
from dockyard.cmd.runc.relay import Relay
from dockyard.runtime.launch import Stdio


class Streams:
    """Connected streams: `stdio` and `console_socket` are for the runtime, `attend` for the time after it."""

    def __init__(self, *, terminal: bool) -> None:
        """Make pipes, or find the user's terminal; SystemFailure when a terminal is wanted and the user has none."""
        self._relays: list[Relay] = []
        self._theirs: list[int] = []
        self._user: UserTerminal | None = None
        self._channel: socket | None = None
        self._master = -1
        self.stdio = Stdio(0, 1, 2)
        self.console_socket: int | None = None
        if terminal:
            self._user = find_user_terminal()
            self._channel, theirs = socketpair()
            self.console_socket = theirs.detach()
            self._theirs.append(self.console_socket)
        else:
            self.stdio = Stdio(*(self._pipe(number) if os.isatty(number) else number for number in range(3)))

    def connect(self) -> None:
        """The process is created and has its ends: close ours of those, and take the master of its terminal."""
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs.clear()
        if self._channel is not None:
            self._master = receive_master(self._channel)
            self._relays = [
                Relay(0, self._master, outgoing=False),
                Relay(self._master, 1, outgoing=True),
            ]

    def attend(self, pid: int, pidfd: int, start: Callable[[], None] = lambda: None) -> int:
        """Stay with child `pid` until it ends; its exit code, or 128 and its signal.

        Args:
            pid, pidfd: the child.
            start: called when signals are passed on already, to let it go.
        """
        with Signals() as signals:
            if self._user is None or self._master < 0:
                start()
                return attend(pid, pidfd, signals, self._relays, None)
            user, master = self._user, self._master
            user.copy_size_to(master)
            user.make_raw()
            try:
                start()
                return attend(pid, pidfd, signals, self._relays, lambda: user.copy_size_to(master))
            finally:
                user.restore()

    def _pipe(self, number: int) -> int:
        """A pipe in place of standard stream `number`; the end for the process."""
        reader, writer = os.pipe()
        ours, theirs = (writer, reader) if number == 0 else (reader, writer)
        os.set_inheritable(theirs, False)
        self._theirs.append(theirs)
        if number == 0:
            self._relays.append(Relay(0, ours, outgoing=False, close_sink=True))
        else:
            self._relays.append(Relay(ours, number, outgoing=True))
        return theirs

    def close(self) -> None:
        """Close what is open here still."""
        for descriptor in self._theirs:
            with suppress(OSError):
                os.close(descriptor)
        if self._channel is not None:
            self._channel.close()
        if self._master >= 0:
            os.close(self._master)
