"""The files under a log: the newest is appended to by whole entries, the others were it and have been renamed.

    <path>, <path>.1, <path>.2, …          the newest first, `max_files` in all; the older ones may end with .gz
    <path>.beginning                       the next newest, while the others are renamed

Docker looks at the size before it writes a line, so that a file exceeds `max_size_bytes` by its last line at most; so
does this, though it is given many lines at once. A reader that holds a renamed file open still gets all of it.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/loggerutils/logfile.go (rotate)
"""

import os
from collections.abc import Callable
from contextlib import suppress
from io import BufferedIOBase
from itertools import pairwise
from typing import Protocol

from dockyard.fs.compressed_file import SUFFIX, renaming
from dockyard.shim.spool import Spool

MAX_PARTS = 1024
"""IOV_MAX of writev(2)."""

BEGINNING = ".beginning"
"""Ends the name of the newest file for the moment in which the others are renamed."""


def oldest_first(path: str, max_files: int) -> list[str]:
    """The paths of a log's files, whether they are there or not; the last is `path`."""
    return [*(f"{path}.{number}" for number in range(max_files - 1, 0, -1)), path]


class Entries(Protocol):
    """Where entries end; see `dockyard.shim.container_log.Format`."""

    def cut(self, entries: bytes, start: int, at: int) -> int:
        """The end of the entry in `entries` that reaches position `at`; `start` is where an entry begins."""

    def whole_bytes(self, file: BufferedIOBase, size: int) -> int:
        """How many of the `size` bytes of a file are whole entries."""


class RotatingFile:
    """An append-only file of entries.

    Args:
        path: of the newest file; it is made when it isn't there, and continued when it is.
        max_size_bytes: rotate as soon as the file is no smaller; 0 for never.
        max_files: files kept, the newest included; with 1 it is emptied instead of renamed.
        on_error: told of each kind of failure once: a full disk must not stop the container, nor fill the shim's log.
        entries: knows where they end.
        compress: called when there may be a file to compress; None for never.
        spool: gets every file, for who sends it on; None when nobody does.

    Raises:
        OSError: the file can't be opened.
    """

    def __init__(
        self,
        path: str,
        max_size_bytes: int,
        max_files: int,
        on_error: Callable[[BaseException], None],
        entries: Entries,
        *,
        compress: Callable[[], None] | None = None,
        spool: Spool | None = None,
    ) -> None:
        self.path = path
        self._max_size_bytes = max_size_bytes
        self.max_files = max_files
        self._on_error = on_error
        self._entries = entries
        self._compress = compress
        self._spool = spool
        self._reported: set[int | None] = set()
        self._descriptor = self._open(path, 0)
        self._size = os.fstat(self._descriptor).st_size
        if self._size:
            self._cut_torn()
        if spool is not None and not spool.has(path):
            self._begin_spool()
        if compress is not None:
            compress()  # what an earlier shim had no time for

    @property
    def congested(self) -> bool:
        """Whether what was written waits to be sent on, and is as much as may wait."""
        return self._spool is not None and self._spool.congested

    def paths(self) -> list[str]:
        """The paths that the log's files may have, oldest first."""
        return oldest_first(self.path, self.max_files)

    def write(self, parts: list[bytes]) -> None:
        """Append `parts`, which together are whole entries. What the disk refuses is dropped."""
        if not self._max_size_bytes and len(parts) <= MAX_PARTS:
            self._append(parts)  # not joined: copying costs more than anything else here
            return
        entries = b"".join(parts)
        if not self._max_size_bytes:
            self._append([entries])
            return
        start = 0
        while start < len(entries):
            room = self._max_size_bytes - self._size
            if room <= 0:
                self._rotate()
                room = self._max_size_bytes
            rest = len(entries) - start
            end = start + rest if rest <= room else self._entries.cut(entries, start, start + room)
            self._append([entries[start:end]])
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

    def _cut_torn(self) -> None:
        """Take away what a killed shim left of an entry: behind it nobody could find the next one."""
        with open(self.path, "rb") as file:
            whole = self._entries.whole_bytes(file, self._size)
        if whole < self._size:
            os.ftruncate(self._descriptor, whole)
            self._size = whole

    def _begin_spool(self) -> None:
        """What the file has was sent, or is of a time in which nobody sent: begin a new one."""
        if self._size:
            self._rotate()
        elif self._spool is not None:
            self._spool.add(self.path)

    def _rotate(self) -> None:
        """Go on in an empty file. When there can't be one, in the old one: rather too long than lost."""
        try:
            if self.max_files > 1 or self._spool is not None:
                self._swap()
            else:
                os.ftruncate(self._descriptor, 0)
                self._size = 0
        except OSError as error:
            self._report(error)
        if self._compress is not None:
            self._compress()

    def _swap(self) -> None:
        """The new file is there before the old one is given up, or renamed. OSError."""
        beginning = f"{self.path}{BEGINNING}"
        descriptor = self._open(beginning, os.O_TRUNC)
        try:
            if self._spool is not None:
                self._spool.add(beginning)
            with renaming(self.path):
                for older, newer in pairwise(self.paths()):
                    if newer == self.path:
                        _link(newer, older)
                    else:
                        self._rename(newer, older)
                os.rename(beginning, self.path)
        except OSError:
            os.close(descriptor)
            with suppress(OSError):
                os.unlink(beginning)
            if self._spool is None:
                # Emptying is what keeps the promise about the size.
                os.ftruncate(self._descriptor, 0)
                self._size = 0
            raise
        os.close(self._descriptor)
        self._descriptor, self._size = descriptor, 0

    @staticmethod
    def _rename(old: str, new: str) -> None:
        """Rename a file that may be there plain or compressed, or not at all."""
        for suffix, other in ((SUFFIX, ""), ("", SUFFIX)):
            try:
                os.rename(old + suffix, new + suffix)
            except FileNotFoundError:
                continue
            with suppress(FileNotFoundError):
                os.unlink(new + other)

    def _report(self, error: OSError) -> None:
        if error.errno not in self._reported:
            self._reported.add(error.errno)
            self._on_error(error)


def _link(path: str, older: str) -> None:
    """Give the newest file its next name besides the one it has, so that a reader finds a newest file at any time."""
    with suppress(FileNotFoundError):
        os.unlink(older)
    with suppress(FileNotFoundError):
        os.unlink(older + SUFFIX)
    try:
        os.link(path, older)
    except PermissionError:  # a file system without hard links
        os.rename(path, older)
