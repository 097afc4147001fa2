"""A tree of files of a build's result as what a Sender sends: from layers, without a mount."""

import stat
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from dockyard.builder.files import FileReader, Files, Status
from dockyard.builder.session.filesync.entry import Entry
from dockyard.fs.rooted import Steps

_PIECE: Final = 64 << 10
"""A packet of data is no larger."""


class ResultTree:
    """See Sent. A context manager. What is no file of an archive (a socket) is left out, devices are told of."""

    folder = "result"

    def __init__(self, files: Files) -> None:
        self._walker = files.reader()
        self._reader = files.reader()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._walker.__exit__(kind, error, trace)
        self._reader.__exit__(kind, error, trace)

    def walk(self) -> Iterator[Entry]:
        """See Sent."""
        names: dict[tuple[int, int], bytes] = {}
        for steps, status in self._walker.walk(()):
            if not stat.S_ISSOCK(status.st_mode):
                yield _entry(self._walker, steps, status, names)

    def read(self, path: bytes) -> Iterator[bytes]:
        """See Sent."""
        for chunk in self._reader.data(tuple(path.split(b"/"))):
            for start in range(0, len(chunk), _PIECE):
                yield chunk[start : start + _PIECE]


def _entry(reader: FileReader, steps: Steps, status: Status, names: dict[tuple[int, int], bytes]) -> Entry:
    path = b"/".join(steps)
    link, size, xattrs = b"", 0, {}
    if stat.S_ISLNK(status.st_mode):
        link = reader.readlink(steps)
        size = len(link)
    elif stat.S_ISREG(status.st_mode):
        size, xattrs = status.st_size, reader.xattrs(steps)
        if status.st_nlink > 1:
            first = names.setdefault((status.st_dev, status.st_ino), path)
            link, size = (b"", size) if first == path else (first, 0)
    device = status.st_rdev if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode) else 0
    return Entry(
        path, status.st_mode, status.st_uid, status.st_gid, size, status.st_mtime_ns, link, device, xattrs
    )  # fmt: skip
