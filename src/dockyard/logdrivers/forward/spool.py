"""Reads a container's spool (`dockyard.shim.spool`): its segments in order, each to its end, while it is written."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, NamedTuple

from dockyard.logdrivers.forward.position import Position
from dockyard.logdrivers.local_entries import Damaged, Entry, decode, raw_entries


class Spooled(NamedTuple):
    """An entry as it is in the spool, undecoded since many may wait; the number of its segment, and where it begins."""

    raw: bytes
    segment: int
    offset: int

    @property
    def start(self) -> Position:
        """The position of its first byte."""
        return Position(self.segment, self.offset)


def spools_in(directory: str) -> list[str]:
    """The names of the spools in `directory`. OSError."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def decoded(entries: Iterable[Spooled]) -> list[Entry]:
    """The entries; what isn't one is left out."""
    found = []
    for one in entries:
        with suppress(IndexError, ValueError):
            found.append(decode(one.raw))
    return found


class SpoolReader:
    """Reads from a position on.

    Args:
        directory: of the spool.
        position: where to begin. When that segment is gone, the oldest one is taken.
    """

    def __init__(self, directory: str, position: Position) -> None:
        self.directory = directory
        self.position = position
        self._file: IO[bytes] | None = None

    def read(self) -> Iterator[Spooled]:
        """The entries that are there. OSError when the spool can't be read."""
        while (number := self._segment()) is not None:
            newest = number == self._numbers()[-1]
            yield from self._entries(number)
            if newest:
                return
            # There was a newer one before this was read to its end: nothing more comes here.
            self._close()
            self.position = Position(number + 1, 0)

    def newest(self) -> str | None:
        """The path of the newest segment."""
        numbers = self._numbers()
        return self._path(numbers[-1]) if numbers else None

    def forget(self, position: Position) -> None:
        """Removes the segments that lie before `position`."""
        for number in self._numbers()[:-1]:
            if number < position.segment:
                with suppress(FileNotFoundError):
                    os.unlink(self._path(number))

    def close(self) -> None:
        """Closes the files."""
        self._close()

    def _entries(self, number: int) -> Iterator[Spooled]:
        try:
            if self._file is None:
                self._file = open(self._path(number), "rb")  # noqa: SIM115 - for more than one call
            self._file.seek(self.position.offset)
            start = self.position.offset
            for raw, end in raw_entries(self._file):
                self.position = Position(number, end)
                yield Spooled(raw, number, start)
                start = end
        except FileNotFoundError:
            return
        except Damaged:
            # Nobody could find the next entry; what follows in this segment is lost.
            self.position = Position(number, os.stat(self._path(number)).st_size)

    def _segment(self) -> int | None:
        """The number of the segment at the position, or of the next one that there is."""
        number = next((number for number in self._numbers() if number >= self.position.segment), None)
        if number is not None and number != self.position.segment:
            self._close()
            self.position = Position(number, 0)
        return number

    def _numbers(self) -> list[int]:
        return sorted(int(name) for name in os.listdir(self.directory) if name.isdecimal())

    def _path(self, number: int) -> str:
        return f"{self.directory}/{number:016d}"

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
