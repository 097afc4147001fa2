"""The way to a process's standard input: bounded, never blocking, closed when all has been written.

Who has input asks `congested` first, stops reading its own source while it is, and is called when it no longer is: so a
process that doesn't read its input stops the client that sends it, and costs no memory here.
"""

import os
from collections import deque
from collections.abc import Callable

from dockyard.shim.loop import WRITABLE, Loop

HIGH_WATER_BYTES = 64 * 1024


class Input:
    """Writes to the descriptor of a pipe or of a terminal's master; owns it.

    Args:
        descriptor: where to; it is made non-blocking.
        on_relief: called when the queue is no longer congested, and when the input is closed.
    """

    def __init__(self, loop: Loop, descriptor: int, on_relief: Callable[[], None]) -> None:
        os.set_blocking(descriptor, False)
        self._loop = loop
        self._descriptor = descriptor
        self._on_relief = on_relief
        self._queue: deque[memoryview] = deque()
        self._queued_bytes = 0
        self._waiting = False
        self._ending = False

    @property
    def is_open(self) -> bool:
        """Whether what is written still has somebody to go to."""
        return self._descriptor >= 0 and not self._ending

    @property
    def congested(self) -> bool:
        """Whether writers should wait for `on_relief`."""
        return self._queued_bytes > HIGH_WATER_BYTES

    def write(self, data: bytes) -> None:
        """Take `data`, in the order of the calls; dropped when the input is closed, as a write to it would fail."""
        if not self.is_open or not data:
            return
        self._queue.append(memoryview(data))
        self._queued_bytes += len(data)
        if not self._waiting:
            self._flush()

    def end(self) -> None:
        """Close as soon as all has been written: the process then reads end-of-file."""
        self._ending = True
        if not self._queue:
            self.close()

    def close(self) -> None:
        """Close now; what is queued is dropped."""
        if self._descriptor < 0:
            return
        if self._waiting:
            self._loop.remove(self._descriptor)
            self._waiting = False
        os.close(self._descriptor)
        self._descriptor = -1
        self._queue.clear()
        self._queued_bytes = 0
        self._on_relief()

    def _flush(self) -> None:
        while self._queue:
            chunk = self._queue[0]
            try:
                written = os.write(self._descriptor, chunk)
            except BlockingIOError:
                break
            except OSError:
                self.close()  # EPIPE, EIO: nobody reads any more
                return
            self._queued_bytes -= written
            if written == len(chunk):
                self._queue.popleft()
            else:
                self._queue[0] = chunk[written:]
        self._wait(bool(self._queue))
        if not self._queue and self._ending:
            self.close()

    def _wait(self, waiting: bool) -> None:
        if waiting and not self._waiting:
            self._loop.add(self._descriptor, WRITABLE, self._on_writable)
        elif self._waiting and not waiting:
            self._loop.remove(self._descriptor)
        self._waiting = waiting

    def _on_writable(self, _events: int) -> None:
        was_congested = self.congested
        self._flush()
        if was_congested and not self.congested and self._descriptor >= 0:
            self._on_relief()
