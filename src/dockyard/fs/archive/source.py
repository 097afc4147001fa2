"""Where an archive's bytes come from: a stream that is read once, or a file that the kernel can copy from by itself.

Both give the same three verbs to the reader: `take` (exactly n bytes), `copy` (n bytes into a descriptor), `skip`.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from dockyard.errors import InvalidParameter

CHUNK = 1 << 18
_COPY_DIRECTLY = 1 << 15


class Source(Protocol):
    """A position in an archive."""

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes, or fewer only at the end of the archive."""

    def copy(self, size: int, descriptor: int) -> None:
        """Write the next `size` bytes to `descriptor`. Raises InvalidParameter when the archive ends before."""

    def skip(self, size: int) -> None:
        """Pass over the next `size` bytes. Raises InvalidParameter when the archive ends before."""


def truncated() -> InvalidParameter:
    """The error for an archive that ends in the middle of a member; the words are those that Go's reader uses."""
    return InvalidParameter("unexpected EOF")


class StreamSource:
    """Chunks of bytes as they come: a request's body, an inflater."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._buffer = b""
        self._offset = 0

    def take(self, size: int) -> bytes:
        """See Source."""
        start = self._offset
        end = start + size
        if end <= len(self._buffer):
            self._offset = end
            return self._buffer[start:end]
        parts = []
        while size > 0:
            piece = self._piece(size)
            if not piece:
                break
            parts.append(piece)
            size -= len(piece)
        return b"".join(parts)

    def copy(self, size: int, descriptor: int) -> None:
        """See Source."""
        while size > 0:
            piece = self._piece(size)
            if not piece:
                raise truncated()
            write_all(descriptor, piece)
            size -= len(piece)

    def skip(self, size: int) -> None:
        """See Source."""
        while size > 0:
            piece = self._piece(size)
            if not piece:
                raise truncated()
            size -= len(piece)

    def _piece(self, limit: int) -> bytes | memoryview:
        if self._offset >= len(self._buffer):
            self._offset = 0
            self._buffer = b""
            for chunk in self._chunks:
                if chunk:
                    self._buffer = chunk
                    break
            else:
                return b""
        start = self._offset
        self._offset = min(start + limit, len(self._buffer))
        if start == 0 and self._offset == len(self._buffer):
            return self._buffer
        return memoryview(self._buffer)[start : self._offset]


class FileSource:
    """A file that holds the whole uncompressed archive. Large members are copied inside the kernel."""

    def __init__(
        self, descriptor: int, *, buffer_bytes: int = CHUNK, progress: Callable[[int], None] | None = None
    ) -> None:
        self._progress = progress
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._buffer_bytes = buffer_bytes
        self._buffer = b""
        self._start = 0  # offset in the file of the buffer's first byte
        self._position = 0

    @property
    def position(self) -> int:
        """How many bytes were taken, copied or skipped."""
        return self._position

    def take(self, size: int) -> bytes:
        """See Source."""
        begin = self._position - self._start
        if begin < 0 or begin + size > len(self._buffer):
            self._start = self._position
            self._buffer = os.pread(self._descriptor, max(size, self._buffer_bytes), self._position)
            begin = 0
            if self._progress is not None:
                self._progress(self._start + len(self._buffer))
        piece = self._buffer[begin : begin + size]
        self._position += len(piece)
        return piece

    def copy(self, size: int, descriptor: int) -> None:
        """See Source."""
        if self._position + size > self._size:
            raise truncated()
        if size <= _COPY_DIRECTLY:
            write_all(descriptor, self.take(size))
            return
        end = self._position + size
        while self._position < end:
            copied = os.sendfile(descriptor, self._descriptor, self._position, end - self._position)
            if copied == 0:
                raise truncated()
            self._position += copied
            if self._progress is not None:
                self._progress(self._position)

    def skip(self, size: int) -> None:
        """See Source."""
        if self._position + size > self._size:
            raise truncated()
        self._position += size


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """write(2) until everything is written: a signal or a nearly full disk may make it write less."""
    written = os.write(descriptor, data)
    while written < len(data):
        data = memoryview(data)[written:]
        written = os.write(descriptor, data)
