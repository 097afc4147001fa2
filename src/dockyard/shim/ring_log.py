"""A log that never makes the container wait (`--log-opt mode=non-blocking`): a bounded buffer and a thread that writes.

    ContainerLog ──lines──► buffer, `capacity_bytes` ──thread──► files

A write to a file waits when its disk hangs, is frozen, or is written to faster than it can take: then the shim would
read no more, and the container's write(2) would wait for room in its pipe. With this only the thread waits. What comes
while the buffer is full is dropped, by whole lines and newest first, as in Docker's ring buffer; a line that is longer
than an empty buffer is let in. The thread is there once something was said, so that a silent container costs nothing.

`_thread` in the place of threading, which is much to import for a shim. A fork of the shim has no such thread and must
not touch the log; its makers don't.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/ring.go
"""

import _thread
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dockyard.shim.container_log import ContainerLog, Format
from dockyard.shim.log_lines import Region
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.replay import Replay

PATIENCE_SECONDS = 10.0
"""How long the end of a container waits for what is in the buffer; then that is lost."""


REPLAY_PATIENCE_SECONDS = 0.1
"""How long an attach with logs does, in which time the shim serves nobody: what is still in the buffer is left out."""


class _Said(NamedTuple):
    stream: str
    regions: list[Region]
    time_ns: int
    size_bytes: int


class RingLog(ContainerLog):
    """A container's log behind a buffer of `capacity_bytes`; `on_error` is told of what couldn't be written."""

    def __init__(
        self,
        file: RotatingFile,
        form: Format,
        clock: Callable[[], int],
        capacity_bytes: int,
        on_error: Callable[[BaseException], None],
    ) -> None:
        super().__init__(file, form, clock)
        self._capacity_bytes = capacity_bytes
        self._on_error = on_error
        self._said: deque[_Said] = deque()
        self._waiting_bytes = 0
        self._guard = _thread.allocate_lock()
        self._work = _thread.allocate_lock()
        """Held by the thread while it works and when it is done; released to wake it."""
        self._idle = _thread.allocate_lock()
        """Held while something is in the buffer, or is being written."""
        self._started = self._busy = False
        self.dropped_bytes = 0

    def replay(self) -> Replay:
        """What has been written so far, once the buffer is empty, unless the disk takes too long for that."""
        self._drain(REPLAY_PATIENCE_SECONDS)
        return super().replay()

    def close(self) -> None:
        """Log what is unfinished and close the file; a file whose disk doesn't answer stays open, with the thread."""
        for stream in tuple(self._splitters):
            self.end(stream)
        if self._drain(PATIENCE_SECONDS):
            self._file.close()

    def _write(self, stream: str, regions: list[Region]) -> None:
        size_bytes = sum(len(region.text) for region in regions)
        if not size_bytes:
            return
        with self._guard:
            room = self._capacity_bytes - self._waiting_bytes
            if size_bytes > room:
                kept = _fitting(regions, room, certain=not self._waiting_bytes)
                self.dropped_bytes += size_bytes - sum(len(region.text) for region in kept)
                regions, size_bytes = kept, sum(len(region.text) for region in kept)
                if not regions:
                    return
            self._said.append(_Said(stream, regions, self._clock(), size_bytes))
            self._waiting_bytes += size_bytes
            if not self._busy:
                self._busy = True
                self._idle.acquire()
                if self._started:
                    self._work.release()
        if not self._started:
            self._started = True
            _thread.start_new_thread(self._keep_writing, ())

    def _keep_writing(self) -> None:
        while True:
            self._work.acquire()
            self._write_all()

    def _write_all(self) -> None:
        while True:
            with self._guard:
                if not self._said:
                    self._busy = False
                    self._idle.release()
                    return
                said = self._said.popleft()
            try:
                self._file.write(self._format.encode(said.stream, said.regions, said.time_ns))
            except BaseException as error:  # the next line may do better, and the container must not wait
                self._on_error(error)
            finally:
                with self._guard:
                    self._waiting_bytes -= said.size_bytes

    def _drain(self, seconds: float) -> bool:
        """Wait until the buffer is empty, no longer than `seconds`; whether it is."""
        if not self._idle.acquire(timeout=seconds):
            return False
        self._idle.release()
        return True


def _fitting(regions: Sequence[Region], room: int, *, certain: bool) -> list[Region]:
    """The beginning of `regions` that has room, by whole lines; with `certain` one line at least, however long."""
    kept: list[Region] = []
    for region in regions:
        text = region.text
        if len(text) > room:
            end = text.rfind(b"\n", 0, max(0, room)) + 1 if region.complete else 0
            if not end and certain and not kept:
                end = text.find(b"\n") + 1 if region.complete else len(text)
            if end:
                kept.append(Region(text[:end], region.complete))
            break
        kept.append(region)
        room -= len(text)
    return kept
