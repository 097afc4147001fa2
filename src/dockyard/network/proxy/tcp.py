"""TCP: accept a client, connect to the container, copy both ways with bounded buffers and half-closed ends."""

import select
import socket
import time
from contextlib import suppress
from errno import EMFILE, ENFILE
from typing import Final

from dockyard.network.proxy.loop import Loop

_BUFFER_BYTES: Final = 1 << 16
_OUT_OF_DESCRIPTORS_SECONDS: Final = 0.05
_READ, _WRITE = select.EPOLLIN, select.EPOLLOUT


class TcpForwarder:
    """Forwards what comes to a listening socket, which it takes over, to one address."""

    def __init__(self, loop: Loop, listener: socket.socket, target: tuple[str, int]) -> None:
        """Starts at once."""
        self._loop = loop
        self._listener = listener
        self._target = target
        self._connections: set[_Connection] = set()
        loop.watch(listener, _READ, self._accept)

    def close(self) -> None:
        """Free the port now, end the connections soon. From any thread."""
        self._loop.drop(self._listener)
        self._listener.close()
        self._loop.soon(self._end_all)

    def _accept(self, events: int) -> None:  # noqa: ARG002
        try:
            client, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (EMFILE, ENFILE):
                time.sleep(_OUT_OF_DESCRIPTORS_SECONDS)  # or epoll would report the same client without end
            return  # gone again, or this listener was closed
        server: socket.socket | None = None
        try:
            client.setblocking(False)
            server = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
            with suppress(BlockingIOError):
                server.connect(self._target)
        except OSError:
            client.close()
            if server is not None:
                server.close()
            return
        connection = _Connection(self._loop, client, server, self._connections)
        self._connections.add(connection)
        connection.refresh()

    def _end_all(self) -> None:
        for connection in list(self._connections):
            connection.end()


class _Connection:
    """A client and its container; all in the loop's thread."""

    def __init__(self, loop: Loop, client: socket.socket, server: socket.socket, registry: "set[_Connection]") -> None:
        self._loop = loop
        self._registry = registry
        self._ends = (client, server)
        self._connected = False
        self._there = _Direction(client, server)
        self._back = _Direction(server, client)

    def refresh(self) -> None:
        """Watch each end for what it is needed for, and only that: a full buffer isn't filled further."""
        for end, incoming, outgoing in (
            (self._ends[0], self._there, self._back),
            (self._ends[1], self._back, self._there),
        ):
            events = _READ if self._connected and incoming.wants_input else 0
            if outgoing.has_output or (not self._connected and end is self._ends[1]):
                events |= _WRITE
            if events:
                self._loop.watch(end, events, self._serve)
            else:
                self._loop.drop(end)  # epoll reports an end that hung up whether asked or not

    def end(self) -> None:
        """Close both ends; a repeat does nothing."""
        self._registry.discard(self)
        for end in self._ends:
            self._loop.drop(end)
            end.close()

    def _serve(self, events: int) -> None:
        try:
            if not self._connected:
                if not events & (_WRITE | select.EPOLLERR | select.EPOLLHUP):
                    return
                error = self._ends[1].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    raise OSError(error, "connect")
                self._ends[1].getpeername()  # fails unless connected: the event may have been meant for a closed socket
                self._connected = True
            self._there.move()
            self._back.move()
        except OSError:
            self.end()
            return
        if self._there.is_done and self._back.is_done:
            self.end()
        else:
            self.refresh()


class _Direction:
    """Bytes on their way from one end to the other."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self._source = source
        self._sink = sink
        self._buffer = b""
        self._ended = False
        self._told = False

    @property
    def wants_input(self) -> bool:
        """Whether there is room and more may come."""
        return not self._ended and not self._buffer

    @property
    def has_output(self) -> bool:
        """Whether bytes wait for the sink."""
        return bool(self._buffer)

    @property
    def is_done(self) -> bool:
        """Whether the source has ended and the sink knows."""
        return self._told

    def move(self) -> None:
        """Copy what can be copied without waiting.

        Raises:
            OSError: an end is broken.
        """
        if self.wants_input:
            with suppress(BlockingIOError):
                self._buffer = self._source.recv(_BUFFER_BYTES)
                self._ended = not self._buffer
        if self._buffer:
            with suppress(BlockingIOError):
                self._buffer = self._buffer[self._sink.send(self._buffer) :]
        if self._ended and not self._buffer and not self._told:
            self._told = True
            with suppress(OSError):  # the other side may have gone already
                self._sink.shutdown(socket.SHUT_WR)
