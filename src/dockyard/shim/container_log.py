"""The log of one container: takes what its streams say, in any pieces, and writes whole entries.

    Streams ──bytes──► LineSplitter ──regions──► Format ──entries──► RotatingFile ──► the log's files, and the spool

What forwards to syslog and the like reads files, too (`dockyard.logdrivers`): the shim knows two formats, those of
json-file and local, and no network. So a container's output is on disk before anybody else has a part in it.
"""

from collections.abc import Callable, Sequence
from io import BufferedIOBase
from typing import Protocol

from dockyard.shim.log_lines import LineSplitter, Region
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.replay import Replay


class Format(Protocol):
    """What the files of a log consist of."""

    def encode(self, stream: str, regions: Sequence[Region], time_ns: int) -> list[bytes]:
        """`regions` of what `stream` said at `time_ns`, in pieces that together are whole entries."""

    def cut(self, entries: bytes, start: int, at: int) -> int:
        """The end of the entry in `entries` that reaches position `at`; `start` is where an entry begins."""

    def whole_bytes(self, file: BufferedIOBase, size: int) -> int:
        """How many of the `size` bytes of a file are whole entries."""

    def read(self, file: BufferedIOBase) -> tuple[str, bytes] | None:
        """The next whole entry of a file, as (stream, text); None when there is none (yet)."""


class ContainerLog:
    """One container's log.

    Args:
        file: where entries go.
        form: what they look like.
        clock: nanoseconds since the epoch.
    """

    def __init__(self, file: RotatingFile, form: Format, clock: Callable[[], int]) -> None:
        self._file = file
        self._format = form
        self._clock = clock
        self._splitters: dict[str, LineSplitter] = {}

    @property
    def congested(self) -> bool:
        """Whether nothing more shall be written for the moment, because what was isn't sent on."""
        return self._file.congested

    def write(self, stream: str, data: bytes) -> None:
        """Log what `stream` (stdout, stderr) said; an unfinished line waits for its end."""
        splitter = self._splitters.get(stream)
        if splitter is None:
            splitter = self._splitters[stream] = LineSplitter()
        self._write(stream, splitter.feed(data))

    def end(self, stream: str) -> None:
        """`stream` has ended: its unfinished line is logged as it is."""
        splitter = self._splitters.pop(stream, None)
        if splitter is not None:
            self._write(stream, splitter.end())

    def replay(self) -> Replay:
        """What has been written so far, file by file."""
        return Replay(self._file.paths(), self._format.read)

    def unfinished(self, stream: str) -> bytes:
        """What of `stream` isn't in the file yet."""
        splitter = self._splitters.get(stream)
        return splitter.pending if splitter is not None else b""

    def close(self) -> None:
        """Log what is unfinished and close the file."""
        for stream in tuple(self._splitters):
            self.end(stream)
        self._file.close()

    def _write(self, stream: str, regions: list[Region]) -> None:
        if regions:
            self._file.write(self._format.encode(stream, regions, self._clock()))
