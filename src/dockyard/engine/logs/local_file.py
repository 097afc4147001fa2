"""Entries of `local` logs, which also are the cache of drivers that can't be read back."""

import logging
from collections.abc import Iterator
from typing import IO

from dockyard.engine.logs.entries import LogEntry
from dockyard.logdrivers import local_entries

LOG = logging.getLogger(__name__)


class LocalFile:
    """The format; see `EntryFormat`. What isn't an entry ends a file, as in Docker."""

    @staticmethod
    def read(file: IO[bytes]) -> Iterator[LogEntry]:
        """See `EntryFormat`."""
        try:
            for stream, time_ns, line, partial, attributes in local_entries.read_entries(file):
                ended = partial is None or partial.last
                yield LogEntry(stream, "", line + b"\n" if ended else line, attributes, time_ns)
        except local_entries.Damaged as error:
            LOG.warning("a log file is damaged: %s: %s", getattr(file, "name", ""), error)

    @staticmethod
    def tail_offset(file: IO[bytes], entries: int) -> tuple[int, int]:
        """See `EntryFormat`."""
        return local_entries.tail_offset(file, entries)

    @staticmethod
    def count(file: IO[bytes]) -> int:
        """See `EntryFormat`."""
        try:
            return sum(1 for _ in local_entries.raw_entries(file))
        except local_entries.Damaged:
            return 0
