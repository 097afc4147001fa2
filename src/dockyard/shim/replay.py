"""What the log already has, for a client that asked for it (`docker attach` with `logs=1`), and then what is new.

The client reads at its own pace from the files that the log has, oldest first, while the container goes on writing;
when it has come to the end of the newest file it gets the unfinished lines and is served live. Nothing can come in
between, because the log is written by the same loop.
"""

import os
from collections.abc import Callable, Sequence
from io import BufferedIOBase
from typing import cast

from dockyard.fs.compressed_file import SUFFIX, origin_of, recorded_origin

BATCH_ENTRIES = 256

Said = tuple[str, bytes]


class Replay:
    """Reads what a log has.

    Args:
        paths: of the log's files, whether they are there or not, oldest first; a rotated one may be there with `.gz`.
        read: gives the next whole entry of a file, or None.
    """

    def __init__(self, paths: Sequence[str], read: Callable[[BufferedIOBase], Said | None]) -> None:
        self._paths = paths
        self._read = read
        self._files = _open_all(paths)

    def batch(self) -> list[Said]:
        """The next entries, as (stream, text); empty at the end of the log."""
        said: list[Said] = []
        while self._files and len(said) < BATCH_ENTRIES:
            file = self._files[0]
            position = file.tell()
            entry = self._read(file)
            if entry is not None:
                if entry[1]:
                    said.append(entry)
            elif len(self._files) > 1 or self._rotated():
                self._files.pop(0).close()
            else:
                file.seek(position)
                break
        return said

    def _rotated(self) -> bool:
        """Whether what was the newest file has been renamed meanwhile; opens what came after it."""
        mine = origin_of(self._files[0].fileno())
        newer: list[BufferedIOBase] = []
        for path in reversed(self._paths):
            file = _open(path)
            if file is None:
                continue
            found = recorded_origin(file.fileno()) or origin_of(file.fileno())
            if found == mine:
                file.close()
                break
            newer.insert(0, file)
        self._files += newer  # all there are when there have been so many rotations that mine is gone
        return bool(newer)

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()
        self._files = []


def _open_all(paths: Sequence[str]) -> list[BufferedIOBase]:
    return [file for file in map(_open, paths) if file is not None]


def _open(path: str) -> BufferedIOBase | None:
    try:
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb")
    except OSError:
        pass
    try:
        descriptor = os.open(path + SUFFIX, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    import gzip  # only here, where a log is compressed: each shim would have the pages of its own

    return cast("BufferedIOBase", gzip.open(os.fdopen(descriptor, "rb")))
