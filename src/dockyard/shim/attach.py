"""One attached client, whose socket the daemon handed over: output goes to it, its input goes to the process.

Output waits in a bounded queue; while that is full the client is `congested`, and the container's output isn't read
(Docker, too, lets an attached client that doesn't read stop the container). A client may close its sending side and go
on receiving: `docker run -i` does at the end of its own input.
"""

import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from dockyard.shim.detach_keys import DetachKeys
from dockyard.shim.loop import FAILED, HANGUP, READABLE, WRITABLE, Loop
from dockyard.shim.messages import ClientSettings
from dockyard.shim.multiplex import header
from dockyard.shim.replay import Replay
from dockyard.shim.stdin import Input

HIGH_WATER_BYTES = 512 * 1024
READ_BYTES = 64 * 1024
_MAX_BUFFERS = 64
_SEND_FLAGS = int(socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
_RECEIVE_FLAGS = int(socket.MSG_DONTWAIT)
_BOTH_WAYS = int(socket.SHUT_RDWR)


class Audience(Protocol):
    """Who serves clients: the streams of a process."""

    def relieved(self) -> None:
        """A client's queue is no longer congested, or has become empty."""

    def input_ended(self) -> None:
        """A client has closed its sending side."""

    def detached(self, client: "AttachedClient") -> None:
        """A client typed the detach keys."""

    def gone(self, client: "AttachedClient") -> None:
        """A client's connection is closed."""


class AttachedClient:
    """Serves one socket, which it owns.

    Args:
        connection: the client's socket, or one end of a pair whose other end the daemon proxies.
        settings: what the client asked for.
        audience: is told what becomes of it.
        stdin: the process's input, or None when it has none.
    """

    def __init__(
        self, loop: Loop, connection: socket.socket, settings: ClientSettings, audience: Audience, stdin: Input | None
    ) -> None:
        self._loop = loop
        self._socket = connection
        self._streams = frozenset(settings.streams)
        self._multiplexed = settings.multiplexed
        self._audience = audience
        self._stdin = stdin if "stdin" in self._streams else None
        self._keys = DetachKeys(settings.detach_keys)
        self._queue: deque[memoryview] = deque()
        self._queued_bytes = 0
        self._finishing = False
        self._replay: Replay | None = None
        self._unfinished: Callable[[str], bytes] = lambda _stream: b""
        self._peer_gone = False
        self._open = True
        self._watched = True
        self.sent_bytes = 0
        loop.add(connection.fileno(), 0, self._on_ready)

    def replay(self, log: Replay, unfinished: Callable[[str], bytes]) -> None:
        """Send what `log` has before anything new; at its end what is `unfinished` of each stream."""
        self._replay = log
        self._unfinished = unfinished
        self._go_on_with_replay()

    def start(self, initial_stdin: bytes) -> None:
        """Begin with what the daemon had read of the client's input."""
        self._deliver(initial_stdin)
        self._watch()

    @property
    def congested(self) -> bool:
        """Whether the queue is full."""
        return self._queued_bytes > HIGH_WATER_BYTES

    @property
    def idle(self) -> bool:
        """Whether everything that was sent has been taken by the kernel."""
        return not self._queue and self._replay is None

    def send(self, stream: str, data: bytes) -> None:
        """Send what the process said on `stream`, if the client asked for that (and isn't still reading the log)."""
        if self._replay is None:
            self._send(stream, data)

    def _send(self, stream: str, data: bytes) -> None:
        if not data or stream not in self._streams or self._peer_gone or (self._finishing and self._replay is None):
            return
        was_idle = not self._queue
        if self._multiplexed:
            self._append(header(stream, len(data)))
        self._append(data)
        if was_idle:
            self._flush()

    def input_relieved(self) -> None:
        """The process's input takes data again."""
        if self._open and self._stdin is not None:
            self._read()
            if self._open:
                self._watch()

    def finish(self) -> None:
        """Close after what is queued has been sent; input is no longer taken."""
        if self._finishing:
            return
        self._finishing = True
        self._stdin = None
        if self.idle or self._peer_gone:
            self.close()
        else:
            self._watch()

    def close(self) -> None:
        """Close now."""
        if not self._open:
            return
        self._open = False
        self._loop.remove(self._socket.fileno())
        with suppress(OSError):  # ENOTCONN, ECONNRESET: it was the first to go
            # The daemon may still hold a duplicate: closing ours alone would tell the client nothing.
            self._socket.shutdown(_BOTH_WAYS)
            # Closed with input that nobody read, the client would see ECONNRESET instead of the end. No more can come.
            while self._socket.recv(READ_BYTES, _RECEIVE_FLAGS):
                pass
        self._socket.close()
        if self._replay is not None:
            self._replay.close()
        self._queue.clear()
        self._queued_bytes = 0
        self._audience.gone(self)

    def _go_on_with_replay(self) -> None:
        """Send the next lines; one batch at a time, so that a slow client costs no more memory than a fast one."""
        while self._replay is not None and not self._queue and self._open:
            batch = self._replay.batch()
            for stream, text in batch:
                self._send(stream, text)
            if not batch:
                self._replay.close()
                self._replay = None
                for stream in ("stdout", "stderr"):
                    self._send(stream, self._unfinished(stream))

    def _append(self, data: bytes) -> None:
        self._queue.append(memoryview(data))
        self._queued_bytes += len(data)

    def _flush(self) -> None:
        while self._queue:
            buffers = [self._queue[at] for at in range(min(len(self._queue), _MAX_BUFFERS))]
            try:
                sent = self._socket.sendmsg(buffers, [], _SEND_FLAGS)
            except BlockingIOError:
                break
            except OSError:
                self._lost()
                return
            self._dequeue(sent)
        self._watch()

    def _dequeue(self, sent: int) -> None:
        self.sent_bytes += sent
        self._queued_bytes -= sent
        while sent:
            first = self._queue[0]
            if sent < len(first):
                self._queue[0] = first[sent:]
                return
            sent -= len(first)
            self._queue.popleft()

    def _watch(self) -> None:
        if not self._open or not self._watched:
            return
        reading = READABLE if self._stdin is not None and not self._stdin.congested else 0
        self._loop.change(self._socket.fileno(), reading | (WRITABLE if self._queue else 0))

    def _on_ready(self, events: int) -> None:
        if events & WRITABLE and not events & HANGUP:
            was_congested = self.congested
            self._flush()
            if not self._open:
                return
            if self._replay is not None and not self._queue:
                self._go_on_with_replay()
            if self._finishing and self._open and self.idle:
                self.close()
            if not self._open:
                return
            if (was_congested and not self.congested) or not self._queue:
                self._audience.relieved()
        if events & (HANGUP | FAILED):
            self._lost()
        elif events & READABLE:
            self._read()
            if self._open:
                self._watch()

    def _lost(self) -> None:
        """Nobody receives any more; what was sent to us before is still read, to its end."""
        self._peer_gone = True
        self._queue.clear()
        self._queued_bytes = 0
        if self._watched:
            # Before reading, because a hang-up is reported over and over while the process's input is congested.
            self._watched = False
            self._loop.remove(self._socket.fileno())
        if self._stdin is None:
            self.close()
        else:
            self._read()
            self._audience.relieved()

    def _read(self) -> None:
        while self._open and self._stdin is not None and not self._stdin.congested:
            try:
                data = self._socket.recv(READ_BYTES, _RECEIVE_FLAGS)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._stdin = None
                self._audience.input_ended()
                if self._peer_gone:
                    self.close()
                return
            self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        if self._stdin is None or not data:
            return
        filtered = self._keys.feed(data)
        self._stdin.write(filtered.passed_on)
        if filtered.detached:
            self._audience.detached(self)
            self.finish()
