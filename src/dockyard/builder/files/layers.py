"""Layers of an image, or a directory, as a tree to copy from."""

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from dockyard.builder.files.contract import Status
from dockyard.fs.archive.pack import read_xattrs
from dockyard.fs.archive.source import write_all
from dockyard.fs.rooted import Steps
from dockyard.store.graphdriver.view import View

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class LayerFiles:
    """See Files."""

    view: View

    def reader(self) -> "LayerReader":
        """See Files."""
        return LayerReader(self.view)


class LayerReader:
    """See FileReader."""

    def __init__(self, view: View) -> None:
        self._reader = view.reader()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    def status(self, steps: Steps) -> Status | None:
        """See FileReader."""
        return self._reader.status(steps)

    def resolve(self, name: Steps) -> Steps | None:
        """See FileReader."""
        return self._reader.resolve(name)

    def names(self, steps: Steps) -> Iterable[bytes]:
        """See FileReader."""
        return self._reader.names(steps)

    def walk(self, start: Steps) -> Iterator[tuple[Steps, Status]]:
        """See FileReader."""
        for node in self._reader.walk(start):
            yield node.steps, node.status

    def readlink(self, steps: Steps) -> bytes:
        """See FileReader."""
        found = self._reader.find(steps)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return os.readlink(steps[-1], dir_fd=found[0])

    def data(self, steps: Steps) -> Iterator[bytes]:
        """See FileReader."""
        descriptor = self._reader.open(steps)
        try:
            while chunk := os.read(descriptor, _CHUNK):
                yield chunk
        finally:
            os.close(descriptor)

    def part(self, steps: Steps, offset: int, length: int) -> bytes:
        """At most `length` bytes of the regular file `steps` from `offset` on (both bytes, not negative)."""
        descriptor = self._reader.open(steps)
        try:
            pieces = []
            while length > 0 and (piece := os.pread(descriptor, length, offset)):
                pieces.append(piece)
                offset += len(piece)
                length -= len(piece)
            return b"".join(pieces)
        finally:
            os.close(descriptor)

    def copy(self, steps: Steps, descriptor: int) -> None:
        """See FileReader. Large files are copied inside the kernel."""
        source = self._reader.open(steps)
        try:
            size = os.fstat(source).st_size
            first = os.read(source, _CHUNK)
            write_all(descriptor, first)
            position = len(first)
            while position < size:
                copied = os.sendfile(descriptor, source, position, size - position)
                if not copied:
                    raise OSError(errno.EIO, "the file has become shorter")
                position += copied
        finally:
            os.close(source)

    def xattrs(self, steps: Steps) -> dict[bytes, bytes]:
        """See FileReader."""
        descriptor = self._reader.open(steps)
        try:
            return read_xattrs(descriptor)
        finally:
            os.close(descriptor)
