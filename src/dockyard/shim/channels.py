"""Connections of daemons: requests come in, replies and events go out.

The first is the one on which the container was asked for; a daemon that was restarted connects to `shim.sock`. A daemon
that doesn't read is dropped rather than waited for: it finds everything on disk when it comes back.
"""

import os
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dockyard.errors import InvalidParameter
from dockyard.shim.loop import FAILED, HANGUP, READABLE, WRITABLE, Loop
from dockyard.shim.packets import Packet, receive_packet, send_packet

MAX_QUEUED = 4096
"""Packets that wait for a daemon that doesn't read."""

OnPacket = Callable[["Channel", Packet], None]


class Channel:
    """One connection."""

    def __init__(
        self, loop: Loop, connection: socket.socket, on_packet: OnPacket, on_close: Callable[["Channel"], None]
    ) -> None:
        self._loop = loop
        self._socket = connection
        self._on_packet = on_packet
        self._on_close = on_close
        self._queue: deque[dict[str, Any]] = deque()
        self._open = True
        self._at_the_end: list[Callable[[], None]] = []
        loop.add(connection.fileno(), READABLE, self._on_ready)

    @property
    def waiting(self) -> bool:
        """Whether something could not be sent yet."""
        return bool(self._queue)

    def send(self, message: dict[str, Any]) -> None:
        """Send, or keep until the daemon reads; nothing happens when the connection is gone."""
        if not self._open:
            return
        self._queue.append(message)
        if len(self._queue) == 1:
            self.flush()
        elif len(self._queue) > MAX_QUEUED:
            self.close()

    def when_closed(self, call: Callable[[], None]) -> None:
        """Call when the connection is gone, at once if it is."""
        if self._open:
            self._at_the_end.append(call)
        else:
            call()

    def close(self) -> None:
        """Close the connection; what waits is dropped."""
        if not self._open:
            return
        self._open = False
        self._loop.remove(self._socket.fileno())
        self._socket.close()
        self._queue.clear()
        self._on_close(self)
        for call in self._at_the_end:
            call()

    def _on_ready(self, events: int) -> None:
        if events & WRITABLE:
            self.flush()
        if self._open and events & READABLE:
            self._receive()
        elif events & (HANGUP | FAILED):
            self.close()

    def _receive(self) -> None:
        try:
            packet = receive_packet(self._socket)
        except BlockingIOError:
            return
        except (OSError, InvalidParameter):
            self.close()
            return
        if packet is None:
            self.close()
        else:
            self._on_packet(self, packet)

    def flush(self) -> None:
        """Send what waits, as far as the daemon takes it."""
        while self._queue:
            try:
                send_packet(self._socket, self._queue[0])
            except BlockingIOError:
                break
            except OSError:
                self.close()
                return
            self._queue.popleft()
        self._loop.change(self._socket.fileno(), READABLE | (WRITABLE if self._queue else 0))


class Channels:
    """All connections of this shim, and the socket where new ones come in."""

    def __init__(self, loop: Loop, on_packet: OnPacket) -> None:
        self._loop = loop
        self._on_packet = on_packet
        self._channels: list[Channel] = []
        self._listener: socket.socket | None = None
        self._path = ""

    def add(self, connection: socket.socket) -> Channel:
        """Serve one more connection, which is taken over."""
        channel = Channel(self._loop, connection, self._on_packet, self._channels.remove)
        self._channels.append(channel)
        return channel

    def listen(self, listener: socket.socket, path: str) -> None:
        """Accept connections from `listener`, whose file is at `path`."""
        self._listener, self._path = listener, path
        self._loop.add(listener.fileno(), READABLE, self._on_connection)

    def announce(self, event: dict[str, Any]) -> None:
        """Send an event to every daemon."""
        for channel in tuple(self._channels):
            channel.send(event)

    @property
    def waiting(self) -> bool:
        """Whether some daemon has not been sent everything."""
        return any(channel.waiting for channel in self._channels)

    def stop_listening(self) -> None:
        """Accept nobody any more; who comes now finds no socket."""
        if self._listener is not None:
            self._loop.remove(self._listener.fileno())
            self._listener.close()
            self._listener = None
            with suppress(OSError):  # somebody who has read the exit record may have removed the directory
                os.unlink(self._path)

    def close(self) -> None:
        """Close all."""
        self.stop_listening()
        for channel in tuple(self._channels):
            channel.close()

    def _on_connection(self, _events: int) -> None:
        assert self._listener is not None
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it went away before we came to it
        connection.setblocking(True)  # packets ask for MSG_DONTWAIT themselves
        self.add(connection)
