"""The standard streams of one process, the container's or an exec's: from it to the log and to every attached client.

    process ──pipe or terminal──► Streams ──► ContainerLog      (the container's own process)
                                     └──────► AttachedClient, …
    AttachedClient, … ──► Input ──pipe or terminal──► process

Each read is written to the log first and then sent to the clients. While a client is congested, or what forwards the
log has fallen far behind, nothing is read. When the process has ended, `end` reads on to the end of its output without
regard to clients, so that the log is complete; it waits two seconds for somebody else who still has the pipe open, as
Docker does, and no longer.
"""

import os
import socket
import struct
from collections.abc import Callable

from dockyard.errors import Conflict, SystemFailure
from dockyard.linux.terminal import set_size
from dockyard.shim.attach import AttachedClient
from dockyard.shim.container_log import ContainerLog
from dockyard.shim.loop import READABLE, Loop, Timer
from dockyard.shim.messages import ClientSettings
from dockyard.shim.stdin import Input

READ_BYTES = 256 * 1024
PIPE_BYTES = 1024 * 1024
"""What a pipe holds at most, F_SETPIPE_SZ included: /proc/sys/fs/pipe-max-size."""

GRACE_SECONDS = 2.0
LOG_PAUSE_SECONDS = 0.05
BURST_BYTES = 2048
REST_SECONDS = 0.001
"""A read of at least so much is followed by a rest; what people read and type is shorter, and isn't delayed."""


class Streams:
    """Connects a process's descriptors, a log and clients; owns the descriptors.

    Args:
        log: takes what the process says; None for none.
        close_stdin: whether the process's input ends with that of a client (`StdinOnce`, execs).
        on_detach: called when a client has typed the detach keys.
        on_burst: called when there is much output.
    """

    def __init__(
        self,
        loop: Loop,
        log: ContainerLog | None,
        close_stdin: bool,
        on_detach: Callable[[], None],
        on_burst: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._on_burst = on_burst
        self._log = log
        self._close_stdin = close_stdin
        self._on_detach = on_detach
        self._outputs: dict[str, int] = {}
        self._clients: list[AttachedClient] = []
        self._stdin: Input | None = None
        self._terminal = -1
        self._paused = False
        self._resting: set[str] = set()
        self._looking = False
        self._grace: Timer | None = None
        self._on_ended: Callable[[], None] | None = None
        self._on_flushed: Callable[[], None] | None = None
        self._stall: Timer | None = None
        self._on_released: Callable[[], None] | None = None
        self._ended = False

    def add_output(self, name: str, descriptor: int) -> None:
        """Read `descriptor` as the process's stdout or stderr."""
        os.set_blocking(descriptor, False)
        self._outputs[name] = descriptor
        self._watch(name, descriptor)

    def set_input(self, descriptor: int) -> None:
        """Write clients' input to `descriptor`."""
        self._stdin = Input(self._loop, descriptor, self._input_relieved)

    def set_terminal(self, master: int) -> None:
        """Use a terminal's master for both; all that comes from it is stdout."""
        self._terminal = master
        self.add_output("stdout", master)
        self.set_input(os.dup(master))  # an epoll set holds a descriptor once

    def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size in character cells; Conflict when there is no terminal (any more)."""
        if self._terminal not in self._outputs.values():
            raise Conflict("cannot resize: the process has no terminal")
        try:
            set_size(self._terminal, rows, columns)
        except (OSError, struct.error) as error:
            raise SystemFailure(f"resizing the terminal to {rows} rows, {columns} columns: {error}") from error

    def attach(self, connection: socket.socket, settings: ClientSettings) -> None:
        """Serve one more client, whose socket is taken over; it gets what is said from now on."""
        client = AttachedClient(self._loop, connection, settings, self, self._stdin)
        self._clients.append(client)
        if settings.include_logs and self._log is not None:
            client.replay(self._log.replay(), self._log.unfinished)
        client.start(settings.initial_stdin)
        if self._ended:
            client.finish()

    def end(self, on_ended: Callable[[], None]) -> None:
        """The process has ended: read what it left, then call `on_ended`, at once when there is nothing to wait for."""
        self._on_ended = on_ended
        if self._paused:
            self._paused = False
            self._listen()
        for name in tuple(self._outputs):
            left_bytes = PIPE_BYTES  # not more: somebody else may go on writing
            while left_bytes > 0 and (read := self._read(name, pausing=False)):
                left_bytes -= read
        if self._outputs:
            self._grace = self._loop.call_later(GRACE_SECONDS, self._end_outputs)
        else:
            self._finish()

    def say(self, stream: str, data: bytes) -> None:
        """Send `data` to the clients as if the process had said it on `stream`."""
        for client in tuple(self._clients):
            client.send(stream, data)

    def flush(self, on_flushed: Callable[[], None]) -> None:
        """Call `on_flushed` when all clients have been sent everything, or none has taken anything for two seconds."""
        self._on_flushed = on_flushed
        self._stall = self._loop.call_later(GRACE_SECONDS, lambda: self._check_stalled(self._sent_bytes()))
        self._check_flushed()

    def release(self, on_released: Callable[[], None]) -> None:
        """Close each client once it has been sent everything; call `on_released` when the last one is gone."""
        self._on_released = on_released
        for client in tuple(self._clients):
            client.finish()
        self._check_released()

    def close(self) -> None:
        """Close everything now."""
        for name in tuple(self._outputs):
            self._end_output(name)
        if self._stdin is not None:
            self._stdin.close()
        for client in tuple(self._clients):
            client.close()

    # Audience: what clients tell.

    def relieved(self) -> None:
        """See Audience."""
        if self._paused and not any(client.congested for client in self._clients):
            if self._log is not None and self._log.congested:
                self._look_later()
            else:
                self._paused = False
                self._listen()
        self._check_flushed()

    def _look_later(self) -> None:
        if not self._looking:
            self._looking = True
            self._loop.call_later(LOG_PAUSE_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = False
        self.relieved()

    def input_ended(self) -> None:
        """See Audience."""
        if self._close_stdin and self._stdin is not None:
            self._stdin.end()

    def detached(self, client: AttachedClient) -> None:  # noqa: ARG002 - part of the contract
        """See Audience."""
        self._on_detach()

    def gone(self, client: AttachedClient) -> None:
        """See Audience."""
        if client in self._clients:
            self._clients.remove(client)
        self.relieved()
        self._check_released()

    # What the process says.

    def _on_readable(self, name: str) -> None:
        size = self._read(name, pausing=True)
        if not self._outputs and self._on_ended is not None:
            self._finish()
        elif BURST_BYTES <= size < READ_BYTES:
            self._rest(name)

    def _rest(self, name: str) -> None:
        """Let a burst fill the pipe for a moment: a few long reads cost much less than many short ones."""
        descriptor = self._outputs.get(name)
        if descriptor is not None and not self._paused and name not in self._resting:
            self._on_burst()
            self._loop.remove(descriptor)
            self._resting.add(name)
            self._loop.call_later(REST_SECONDS, lambda: self._wake(name))

    def _wake(self, name: str) -> None:
        self._resting.discard(name)
        descriptor = self._outputs.get(name)
        if descriptor is not None and not self._paused:
            self._watch(name, descriptor)

    def _read(self, name: str, *, pausing: bool) -> int:
        """Pass one read on; its length, or 0 when there is nothing to read now or any more."""
        descriptor = self._outputs.get(name)
        if descriptor is None:
            return 0
        try:
            data = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""  # EIO: a terminal that nobody has open any more
        if not data:
            self._end_output(name)
            return 0
        if self._log is not None:
            self._log.write(name, data)
        congested = False
        if self._log is not None and self._log.congested:
            congested = True
            self._look_later()
        for client in tuple(self._clients):
            client.send(name, data)
            congested = congested or client.congested
        if congested and pausing and not self._paused:
            # Not only deaf but out of the loop: a pipe that has been closed is reported whatever is asked for.
            self._paused = True
            for output in self._outputs.values():
                self._loop.remove(output)  # harmless for one that rests
        return len(data)

    def _listen(self) -> None:
        for name, descriptor in self._outputs.items():
            if name not in self._resting:
                self._watch(name, descriptor)

    def _watch(self, name: str, descriptor: int) -> None:
        self._loop.add(descriptor, READABLE, lambda _events: self._on_readable(name))

    def _end_output(self, name: str) -> None:
        descriptor = self._outputs.pop(name)
        self._loop.remove(descriptor)
        os.close(descriptor)
        if self._log is not None:
            self._log.end(name)

    def _end_outputs(self) -> None:
        for name in tuple(self._outputs):
            self._end_output(name)
        self._finish()

    def _finish(self) -> None:
        on_ended, self._on_ended = self._on_ended, None
        self._ended = True
        if self._grace is not None:
            self._grace.cancel()
        if self._stdin is not None:
            self._stdin.close()
        if on_ended is not None:
            on_ended()

    def _input_relieved(self) -> None:
        for client in tuple(self._clients):
            client.input_relieved()

    def _sent_bytes(self) -> int:
        return sum(client.sent_bytes for client in self._clients)

    def _check_stalled(self, sent_bytes: int) -> None:
        now_sent_bytes = self._sent_bytes()
        if now_sent_bytes == sent_bytes:
            self._flushed()
        else:
            self._stall = self._loop.call_later(GRACE_SECONDS, lambda: self._check_stalled(now_sent_bytes))

    def _check_flushed(self) -> None:
        if all(client.idle for client in self._clients):
            self._flushed()

    def _flushed(self) -> None:
        on_flushed, self._on_flushed = self._on_flushed, None
        if on_flushed is not None:
            if self._stall is not None:
                self._stall.cancel()
            on_flushed()

    def _check_released(self) -> None:
        if self._on_released is not None and not self._clients:
            on_released, self._on_released = self._on_released, None
            on_released()
