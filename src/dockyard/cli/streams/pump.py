"""Bytes between the terminal and a hijacked connection, in one loop over poll(2).

    stdin ─► (detach keys) ─► connection ─► stdout, stderr          signals ─► the caller
                                            (demultiplexed without a terminal)

It ends when the connection does, or when the detach keys are typed. The end of stdin is passed on as a half-close.
"""

from __future__ import annotations

import os
import select

from dockyard.cli.session import STDERR, STDIN, STDOUT, write_all
from dockyard.cli.streams.detach import DetachFilter
from dockyard.cli.streams.signals import SignalPipe
from dockyard.client.connection import Connection
from dockyard.client.stdcopy import STDOUT as STDOUT_STREAM
from dockyard.client.stdcopy import Demultiplexer
from dockyard.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = 1 << 18
_READY = select.POLLIN | select.POLLHUP | select.POLLERR


class Pump:
    """One attached session.

    tty: the stream is a terminal's, raw bytes without frames. keys: the detach keys, empty for none.
    stdin, stdout, stderr: whether each takes part. on_signal: gets the number of each signal that comes.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        tty: bool,
        stdin: bool,
        stdout: bool = True,
        stderr: bool = True,
        keys: bytes = b"",
        signals: SignalPipe | None = None,
        on_signal: Callable[[int], None] | None = None,
    ) -> None:
        self._connection = connection
        self._demultiplexer = None if tty else Demultiplexer()
        self._stdin = stdin
        self._targets = {1: STDOUT if stdout else -1, 2: STDERR if stderr else -1, 3: STDERR}
        self._filter = DetachFilter(keys)
        self._signals = signals
        self._on_signal = on_signal
        self._outgoing = b""
        self._detached = False

    def run(self) -> bool:
        """Moves bytes until the stream ends (False) or the detach keys are typed (True)."""
        self._receive(self._connection.take(len(self._connection.buffer)))
        poll = select.poll()
        line = self._connection.fileno()
        while not self._detached:
            poll.register(line, select.POLLIN | (select.POLLOUT if self._outgoing else 0))
            if self._stdin and not self._outgoing:
                poll.register(STDIN, select.POLLIN)
            if self._signals is not None:
                poll.register(self._signals.fileno(), select.POLLIN)
            events = dict(poll.poll())
            if self._stdin and not self._outgoing:
                poll.unregister(STDIN)
            if self._signals is not None and self._signals.fileno() in events:
                self._take_signals(self._signals)
            if events.get(line, 0) & select.POLLOUT:
                self._send()
            if events.get(STDIN, 0) & (_READY | select.POLLNVAL) and self._stdin:
                self._type()
            if events.get(line, 0) & _READY and not self._read():
                return False
        return True

    def _take_signals(self, signals: SignalPipe) -> None:
        for number in signals.take():
            if self._on_signal is not None:
                self._on_signal(number)

    def _type(self) -> None:
        try:
            data = os.read(STDIN, _PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._stdin = False
            self._connection.end_writing()
            return
        self._outgoing, self._detached = self._filter.feed(data)
        if self._outgoing:
            self._send()

    def _send(self) -> None:
        try:
            sent = self._connection.socket.send(self._outgoing, _DONT_WAIT)
        except BlockingIOError:
            return
        except OSError:
            self._stdin, self._outgoing = False, b""
            return
        self._outgoing = self._outgoing[sent:]

    def _read(self) -> bool:
        try:
            data = self._connection.socket.recv(_PIECE)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            data = b""
        except OSError as error:
            raise Unavailable(f"error during connect: {error.strerror}") from error
        self._receive(data)
        return bool(data)

    def _receive(self, data: bytes) -> None:
        if not data:
            return
        if self._demultiplexer is None:
            write_all(self._targets[STDOUT_STREAM], data)
            return
        for stream, piece in self._demultiplexer.feed(data):
            target = self._targets.get(stream, STDOUT)
            if target >= 0:
                write_all(target, piece)


_DONT_WAIT = 0x40
"""MSG_DONTWAIT of send(2) on Linux."""
