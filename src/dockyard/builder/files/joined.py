"""Several trees as one: each below a folder of its own or at the top, with small files beside what is in it.

For results of builds that go to the client: `linux_amd64/…`, `linux_arm64/…`, attestations. A file beside a tree
hides what has its name there.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from dockyard.builder.files.contract import FileReader, Files, Status
from dockyard.builder.files.node import Node
from dockyard.fs.archive.source import write_all
from dockyard.fs.rooted import Steps

_NS = 10**9


@dataclass(frozen=True, slots=True)
class Part:
    """One tree, in the folder `folder` (empty: at the top); None for nothing but `beside`: files by name.

    `epoch_seconds`: the time that everything in it has, None for its own. `now_seconds`: that of files beside it.
    """

    files: Files | None
    folder: bytes = b""
    beside: Mapping[bytes, bytes] = field(default_factory=dict)
    epoch_seconds: int | None = None
    now_seconds: int = 0


@dataclass(frozen=True, slots=True)
class JoinedFiles:
    """See Files. Either all parts have folders of their own, or there is one part."""

    parts: tuple[Part, ...]

    def reader(self) -> "JoinedReader":
        """See Files."""
        return JoinedReader(self.parts)


class _Dated:
    """A status with another time of change."""

    __slots__ = ("_inner", "st_mtime_ns")

    def __init__(self, inner: Status, seconds: int) -> None:
        self._inner = inner
        self.st_mtime_ns = seconds * _NS

    def __getattr__(self, name: str) -> int:
        return int(getattr(self._inner, name))


class JoinedReader:
    """See FileReader."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._parts = sorted(parts, key=lambda part: part.folder)
        self._readers: list[FileReader | None] = []
        for part in self._parts:
            self._readers.append(part.files.reader() if part.files is not None else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for reader in self._readers:
            if reader is not None:
                reader.__exit__(*error)

    def status(self, steps: Steps) -> Status | None:
        """See FileReader."""
        found = self._find(steps)
        if found is None:
            return self._folder(self._parts[0]) if not steps else None
        index, inside = found
        part, reader = self._parts[index], self._readers[index]
        if part.folder and not inside:
            return self._folder(part)
        if len(inside) == 1 and inside[0] in part.beside:
            return _beside(part, inside[0])
        status = reader.status(inside) if reader is not None else None
        if status is None and not inside:
            return self._folder(part)
        return status if status is None else _dated(status, part)

    def resolve(self, name: Steps) -> Steps | None:
        """See FileReader. Links lead nowhere out of their part."""
        found = self._find(name)
        if found is None:
            return name if not name else None
        index, inside = found
        part, reader = self._parts[index], self._readers[index]
        front = (part.folder,) if part.folder else ()
        if not inside or (len(inside) == 1 and inside[0] in part.beside):
            return name
        resolved = reader.resolve(inside) if reader is not None else None
        return None if resolved is None else (*front, *resolved)

    def names(self, steps: Steps) -> Iterable[bytes]:
        """See FileReader."""
        found = self._find(steps)
        if found is None:
            return [part.folder for part in self._parts]
        index, inside = found
        reader = self._readers[index]
        own = list(reader.names(inside)) if reader is not None else []
        return own if inside else list(dict.fromkeys([*own, *self._parts[index].beside]))

    def walk(self, start: Steps) -> Iterator[tuple[Steps, Status]]:
        """See FileReader."""
        found = self._find(start)
        if found is None:
            for part in self._parts:
                yield (part.folder,), self._folder(part)
                yield from self.walk((part.folder,))
            return
        index, inside = found
        part, reader = self._parts[index], self._readers[index]
        front = (part.folder,) if part.folder else ()
        extra = [] if inside else sorted(part.beside, reverse=True)
        for steps, status in reader.walk(inside) if reader is not None else ():
            while extra and extra[-1] <= steps[0]:
                name = extra.pop()
                yield (*front, name), _beside(part, name)
            if steps[0] not in part.beside:
                yield (*front, *steps), _dated(status, part)
        for name in reversed(extra):
            yield (*front, name), _beside(part, name)

    def readlink(self, steps: Steps) -> bytes:
        """See FileReader."""
        reader, inside, _ = self._inner(steps)
        if reader is None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return reader.readlink(inside)

    def data(self, steps: Steps) -> Iterator[bytes]:
        """See FileReader."""
        reader, inside, beside = self._inner(steps)
        return iter((beside,)) if reader is None else reader.data(inside)

    def copy(self, steps: Steps, descriptor: int) -> None:
        """See FileReader."""
        reader, inside, beside = self._inner(steps)
        if reader is None:
            write_all(descriptor, beside)
        else:
            reader.copy(inside, descriptor)

    def xattrs(self, steps: Steps) -> dict[bytes, bytes]:
        """See FileReader."""
        reader, inside, _ = self._inner(steps)
        return reader.xattrs(inside) if reader is not None else {}

    def _find(self, steps: Steps) -> tuple[int, Steps] | None:
        """The part that `steps` lies in, and where there; None for the top, when parts have folders."""
        if not self._parts[0].folder:
            return 0, steps
        for index, part in enumerate(self._parts):
            if steps and steps[0] == part.folder:
                return index, steps[1:]
        return None

    def _inner(self, steps: Steps) -> tuple[FileReader | None, Steps, bytes]:
        found = self._find(steps)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        index, inside = found
        part, reader = self._parts[index], self._readers[index]
        if len(inside) == 1 and inside[0] in part.beside:
            return None, inside, part.beside[inside[0]]
        if reader is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return reader, inside, b""

    def _folder(self, part: Part) -> Status:
        node = Node(stat.S_IFDIR | 0o755, 0)
        node.st_mtime_ns = (part.epoch_seconds or 0) * _NS
        return node


def _beside(part: Part, name: bytes) -> Status:
    node = Node(stat.S_IFREG | 0o600, 0)
    node.st_size = len(part.beside[name])
    node.st_mtime_ns = (part.now_seconds if part.epoch_seconds is None else part.epoch_seconds) * _NS
    return node


def _dated(status: Status, part: Part) -> Status:
    return status if part.epoch_seconds is None else _Dated(status, part.epoch_seconds)
