"""What the commands of a build say, on its way into the build's progress: few messages, however small the writes.

A command may write two million times one byte; each write as a message of its own, kept for whoever comes later, would
be a hundred megabytes. So a step says so much at once as anybody reads, and what it says beyond that waits for the end
of a tenth of a second and is joined. A message has one stream: pieces are joined with the one before them, and only a
command that changes its streams faster than that finds them put apart.

What one stream of one step says is kept up to a limit, as in BuildKit (BUILDKIT_STEP_LOG_MAX_SIZE).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_LOG_BYTES = 2 << 20
CLIPPED = b"\n[output clipped, log limit 2MiB reached]\n"
_WINDOW_SECONDS = 0.1
_AT_ONCE = 32
"""Messages of one step in a window that don't wait."""
_MOST_WAITING = 64


@dataclass(slots=True)
class _Piece:
    stream: int
    data: bytearray
    time_ns: int


@dataclass(slots=True)
class _Window:
    """One step's tenth of a second: how many messages went, and what waits."""

    end: asyncio.TimerHandle
    gone: int = 0
    waiting: list[_Piece] = field(default_factory=list)


class StepLogs:
    """The logs of one build's steps. Used on the event loop's thread.

    `tell` takes a step's digest, a stream (1 or 2), bytes, and their time in nanoseconds.
    """

    def __init__(self, tell: Callable[[str, int, bytes, int], None]) -> None:
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._said: dict[tuple[str, int], int] = {}
        self._windows: dict[str, _Window] = {}

    def say(self, digest: str, stream: int, data: bytes, time_ns: int) -> None:
        """A step's command says `data`."""
        data = self._within_limit(digest, stream, data)
        if not data:
            return
        window = self._windows.get(digest)
        if window is None:
            window = self._windows[digest] = _Window(self._after_a_while(digest))
        if window.gone < _AT_ONCE:
            window.gone += 1
            self._tell(digest, stream, data, time_ns)
            return
        waiting = window.waiting
        last = waiting[-1] if waiting else None
        if last is not None and last.stream != stream and len(waiting) >= _MOST_WAITING:
            last = next((one for one in reversed(waiting) if one.stream == stream), None)
        if last is not None and last.stream == stream:
            last.data += data
        else:
            waiting.append(_Piece(stream, bytearray(data), time_ns))

    def flush(self, digest: str) -> None:
        """Tell what waits: the step is over."""
        window = self._windows.pop(digest, None)
        if window is not None:
            window.end.cancel()
            self._tell_waiting(digest, window)

    def close(self) -> None:
        """The same for all steps."""
        for digest in list(self._windows):
            self.flush(digest)

    def _within_limit(self, digest: str, stream: int, data: bytes) -> bytes:
        said = self._said.get((digest, stream), 0)
        self._said[digest, stream] = said + len(data)
        if said > MOST_LOG_BYTES:
            return b""
        return data if said + len(data) <= MOST_LOG_BYTES else data[: MOST_LOG_BYTES - said] + CLIPPED

    def _after_a_while(self, digest: str) -> asyncio.TimerHandle:
        return self._loop.call_later(_WINDOW_SECONDS, self._ended, digest)

    def _ended(self, digest: str) -> None:
        window = self._windows[digest]
        if window.waiting:
            self._tell_waiting(digest, window)
            self._windows[digest] = _Window(self._after_a_while(digest))
        else:
            del self._windows[digest]

    def _tell_waiting(self, digest: str, window: _Window) -> None:
        for piece in window.waiting:
            self._tell(digest, piece.stream, bytes(piece.data), piece.time_ns)
