"""The file under a json-file log: appended to by whole lines, rotated by renaming.

    <path>, <path>.1, <path>.2, …          the newest first, `max_files` in all
    <path>.beginning                       the next newest, while the others are renamed

Docker looks at the size before it writes a line, so that a file exceeds `max_size_bytes` by its last line at most; so
does this, though it is given many lines at once. A reader that holds a renamed file open still gets all of it.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/loggerutils/logfile.go (rotate)
"""

import os
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

MAX_PARTS = 1024
"""IOV_MAX of writev(2)."""

BEGINNING = ".beginning"
"""Ends the name of the newest file for the moment in which the others are renamed."""


def oldest_first(path: str, max_files: int) -> list[str]:
    """The paths of a log's files, whether they are there or not; the last is `path`."""
    return [*(f"{path}.{number}" for number in range(max_files - 1, 0, -1)), path]


class RotatingFile:
    """An append-only file of lines.

    Args:
        path: of the newest file; it is made when it isn't there, and continued when it is.
        max_size_bytes: rotate as soon as the file is no smaller; 0 for never.
        max_files: files kept, the newest included; with 1 it is emptied instead of renamed.
        on_error: told of each kind of failure once: a full disk must not stop the container, nor fill the shim's log.

    Raises:
        OSError: the file can't be opened.
    """

    def __init__(
        self, path: str, max_size_bytes: int, max_files: int, on_error: Callable[[BaseException], None]
    ) -> None:
        self.path = path
        self._max_size_bytes = max_size_bytes
        self.max_files = max_files
        self._on_error = on_error
        self._reported: set[int | None] = set()
        self._descriptor = self._open(path, 0)
        self._size = os.fstat(self._descriptor).st_size

    def write(self, parts: list[bytes]) -> None:
        """Append `parts`, which together are whole lines. What the disk refuses is dropped."""
        if not self._max_size_bytes and len(parts) <= MAX_PARTS:
            self._append(parts)  # not joined: copying costs more than anything else here
            return
        lines = b"".join(parts)
        if not self._max_size_bytes:
            self._append([lines])
            return
        start = 0
        while start < len(lines):
            room = self._max_size_bytes - self._size
            if room <= 0:
                self._rotate()
                room = self._max_size_bytes
            end = lines.find(b"\n", start + room - 1) + 1 or len(lines)
            self._append([lines[start:end]])
            start = end

    def close(self) -> None:
        """Close the file; nothing can be written any more."""
        os.close(self._descriptor)

    @staticmethod
    def _open(path: str, flags: int) -> int:
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | flags, 0o640)

    def _append(self, parts: list[bytes]) -> None:
        size = sum(map(len, parts))
        try:
            written = os.writev(self._descriptor, parts)
            if written < size:
                self._append_rest(b"".join(parts)[written:])
        except OSError as error:
            self._report(error)
            self._cut_back()
        else:
            self._size += size

    def _append_rest(self, rest: bytes) -> None:
        view = memoryview(rest)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def _cut_back(self) -> None:
        """Take away the half line that a full disk left, so that the log stays readable."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError as error:
            self._report(error)

    def _rotate(self) -> None:
        """Go on in an empty file. When there can't be one, in the old one: rather too long than lost."""
        try:
            if self.max_files > 1:
                self._swap()
            else:
                os.ftruncate(self._descriptor, 0)
                self._size = 0
        except OSError as error:
            self._report(error)

    def _swap(self) -> None:
        """The new file is there before the old one is given up, or renamed. OSError."""
        beginning = f"{self.path}{BEGINNING}"
        descriptor = self._open(beginning, os.O_TRUNC)
        try:
            for older, newer in pairwise(oldest_first(self.path, self.max_files)):
                self._rename(newer, older)
            os.rename(beginning, self.path)
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                os.unlink(beginning)
            # Emptying is what keeps the promise about the size.
            os.ftruncate(self._descriptor, 0)
            self._size = 0
            raise
        os.close(self._descriptor)
        self._descriptor, self._size = descriptor, 0

    @staticmethod
    def _rename(old: str, new: str) -> None:
        with suppress(FileNotFoundError):
            os.rename(old, new)

    def _report(self, error: OSError) -> None:
        if error.errno not in self._reported:
            self._reported.add(error.errno)
            self._on_error(error)
