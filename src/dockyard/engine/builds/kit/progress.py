"""What a build tells of itself: kept from its beginning, for readers that come at any time.

Vertexes have a beginning and an end, statuses below them (a transfer, an export), logs (step_logs.py), warnings. Of
statuses that follow each other faster than anybody looks only the last is kept. A reader gets everything there is as
one message, so that a slow one gets few.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any

from dockyard.builder.frontend.lines import Line
from dockyard.engine.builds.kit.step_logs import StepLogs
from dockyard.wire.buildkit.messages import control

_STATUS_NS = 100_000_000
_OVERHEAD_BYTES = 200
"""About what Python keeps around a message."""
_MOST_AT_ONCE = 512
_MOST_BYTES_AT_ONCE = 1 << 20
CANCELED = "context canceled"


class Progress:
    """One build's progress. Used on the event loop's thread, but for `status`, which any thread may call."""

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._loop = asyncio.get_running_loop()
        self._told: list[tuple[str, Any]] = []
        self._vertexes: dict[str, Any] = {}
        self._begun: dict[tuple[str, str], int] = {}
        self._shown: dict[tuple[str, str], int] = {}
        self._replaced: dict[tuple[str, str], Any] = {}
        self._logs = StepLogs(self._log)
        self._more = asyncio.Event()
        self._waking = self._over = False
        self.size_bytes = 0
        """About what all that is kept takes in memory."""
        self.cached_steps = 0
        self.warnings = 0

    @property
    def steps(self) -> tuple[int, int]:
        """How many vertexes there are, and how many are done."""
        done = sum(1 for one in self._vertexes.values() if one.HasField("completed"))
        return len(self._vertexes), done

    def announce(self, lines: Iterable[Line]) -> None:
        """Vertexes that will be worked on, maybe."""
        for line in lines:
            if line.digest not in self._vertexes:
                vertex = control.Vertex(digest=line.digest, name=line.name, inputs=line.inputs)
                self._vertexes[line.digest] = vertex
                self._tell("vertexes", vertex)

    def start(self, digest: str) -> None:
        """Work on a vertex begins."""
        vertex = self._vertexes.get(digest)
        if vertex is not None:
            vertex.started.FromNanoseconds(self._clock_ns())
            vertex.ClearField("completed")
            self._tell("vertexes", vertex)

    def complete(self, digest: str, *, cached: bool = False, error: str = "") -> None:
        """A vertex is done."""
        vertex = self._vertexes.get(digest)
        if vertex is None:
            return
        self._logs.flush(digest)
        self._show_last(digest)
        now = self._clock_ns()
        if not vertex.HasField("started"):
            vertex.started.FromNanoseconds(now)
        vertex.completed.FromNanoseconds(now)
        vertex.cached, vertex.error = cached, error
        self.cached_steps += cached
        self._tell("vertexes", vertex)

    def status(self, digest: str, name: str, current: int = 0, total: int = 0, *, done: bool = False) -> None:
        """How far the part `name` of a vertex is; the first call is its beginning."""
        now = self._clock_ns()
        key = (digest, name)
        began = self._begun.setdefault(key, now)
        shown = "transferring" if name.startswith("transferring ") else ""
        status = control.VertexStatus(ID=name, vertex=digest, name=shown, current=current, total=total)
        status.timestamp.FromNanoseconds(now)
        status.started.FromNanoseconds(began)
        if done:
            status.completed.FromNanoseconds(now)
        elif 0 <= now - self._shown.get(key, now - _STATUS_NS) < _STATUS_NS:
            self._replaced[key] = status
            return
        self._replaced.pop(key, None)
        self._shown[key] = now
        self._tell("statuses", status)

    def log(self, digest: str, stream: int, data: bytes, time_ns: int) -> None:
        """A command says something."""
        self._logs.say(digest, stream, data, time_ns)

    def _log(self, digest: str, stream: int, data: bytes, time_ns: int) -> None:
        log = control.VertexLog(vertex=digest, stream=stream, msg=data)
        log.timestamp.FromNanoseconds(time_ns)
        self._tell("logs", log)

    def warn(self, warning: Any) -> None:
        """A warning (`VertexWarning`)."""
        self.warnings += 1
        self._tell("warnings", warning)

    def settle(self) -> None:
        """Tell what waits for more of its kind."""
        self._logs.close()
        self._show_last()

    def close(self) -> None:
        """Nothing more will be told."""
        self.settle()
        self._over = True
        self._more.set()

    async def follow(self) -> AsyncGenerator[Any, None]:
        """Everything from the beginning to the end (`StatusResponse`)."""
        at = 0
        while True:
            response, at = self._since(at)
            if response is not None:
                yield response
            elif self._over:
                return
            else:
                more = self._more
                await more.wait()

    def messages(self) -> list[Any]:
        """All that has been told, as messages."""
        self.settle()
        found: list[Any] = []
        at = 0
        while True:
            response, at = self._since(at)
            if response is None:
                return found
            found.append(response)

    def _since(self, at: int) -> tuple[Any, int]:
        if at >= len(self._told):
            return None, at
        response, size = control.StatusResponse(), 0
        while at < len(self._told) and size < _MOST_BYTES_AT_ONCE:
            kind, message = self._told[at]
            at += 1
            getattr(response, kind).append(message)
            size += message.ByteSize() + _MOST_BYTES_AT_ONCE // _MOST_AT_ONCE
        return response, at

    def _show_last(self, digest: str | None = None) -> None:
        for key in list(self._replaced):
            if digest in (None, key[0]) and (status := self._replaced.pop(key, None)) is not None:
                self._tell("statuses", status)

    def _tell(self, kind: str, message: Any) -> None:
        copy = type(message)()
        copy.CopyFrom(message)
        self._told.append((kind, copy))
        self.size_bytes += copy.ByteSize() + _OVERHEAD_BYTES
        if not self._waking:
            self._waking = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._waking = False
        if self._over:
            return
        self._more.set()
        self._more = asyncio.Event()
