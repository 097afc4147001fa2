"""The files of a log, while a shim rotates and compresses them.

    <path>, <path>.1 or .1.gz (the newest of the rotated), …

A file is known by its inode while somebody has it open, and a compressed one by what its header says of the file that
it was made of (`dockyard.fs.compressed_file`). So a reader finds its place whatever has been renamed meanwhile, and
needs no lock, on which the container would wait.
"""

import gzip
import os
from typing import IO, NamedTuple, cast

from dockyard.fs.compressed_file import SUFFIX, Origin, origin_of, recorded_origin


class LogFile(NamedTuple):
    """An open file of a log; `file` gives it uncompressed. `origin`: what a compressed one was made of, if known."""

    file: IO[bytes]
    compressed: bool = False
    origin: Origin | None = None

    def is_same(self, other: "LogFile") -> bool:
        """Whether both are one file, maybe once compressed and once not."""
        mine, theirs = self._now(), other._now()
        if mine is None or theirs is None:
            return False
        return mine == theirs if self.compressed or other.compressed else mine[:2] == theirs[:2]

    def is_newest(self, path: str) -> bool:
        """Whether it is the present file of the log at `path`; also when there is none (any more)."""
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return True
        mine = self._now()
        return mine is not None and not self.compressed and (status.st_dev, status.st_ino) == mine[:2]

    def _now(self) -> Origin | None:
        return self.origin if self.compressed else origin_of(self.file.fileno())


def open_all(path: str) -> list[LogFile]:
    """The files of the log at `path`, oldest first, the present one last; none when there is no log."""
    return _open_newer(path, None)


def open_newer(path: str, than: LogFile) -> list[LogFile]:
    """The files that are newer than `than`, oldest first; all when it has been removed by rotation."""
    return _open_newer(path, than)


def close_all(files: list[LogFile]) -> None:
    """Closes `files`."""
    for one in files:
        one.file.close()


def _open_newer(path: str, than: LogFile | None) -> list[LogFile]:
    """From the newest on: what is renamed meanwhile is met once more, and then known."""
    found: list[LogFile] = []
    number = 0
    while (one := _open(f"{path}.{number}" if number else path)) is not None:
        number += 1
        if than is not None and one.is_same(than):
            one.file.close()
            break
        if any(one.is_same(other) for other in found):
            one.file.close()
        else:
            found.insert(0, one)
    return found


def _open(path: str) -> LogFile | None:
    for name in (path, path + SUFFIX, path):  # the first once more: it may have been renamed to the second and back
        try:
            file = open(name, "rb")  # noqa: SIM115 - for the caller
        except FileNotFoundError:
            continue
        if name == path:
            return LogFile(file)
        return LogFile(cast("IO[bytes]", gzip.GzipFile(fileobj=file)), True, recorded_origin(file.fileno()))
    return None
