"""An entry of a container's log, whatever the format of the file, and what a format must be able to do."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, NamedTuple, Protocol


class LogEntry(NamedTuple):
    """One line (or piece of a long line) that a container wrote, with its newline.

    Its time is what the file has: `time`, a text of RFC 3339, or, where that is empty, `nanoseconds` since the epoch.
    A named tuple, because there may be millions: it takes a third of the time that a frozen dataclass takes to make.
    """

    stream: str
    time: str
    line: bytes
    attributes: dict[str, str] | None = None
    nanoseconds: int = 0

    @property
    def time_ns(self) -> int:
        """Nanoseconds since the epoch; 0 when the text isn't a time."""
        return time_ns(self.time) if self.time else self.nanoseconds


class EntryFormat(Protocol):
    """How entries lie in a file."""

    def read(self, file: IO[bytes]) -> Iterator[LogEntry]:
        """The whole entries from the file's position on; the position is left before one that has no end yet."""

    def tail_offset(self, file: IO[bytes], entries: int) -> tuple[int, int]:
        """Where the last `entries` whole entries begin in a plain file, and how many there are from there.

        The cost follows the entries that are wanted, not the size of the file.
        """

    def count(self, file: IO[bytes]) -> int:
        """How many whole entries there are from the position on."""


def time_ns(text: str) -> int:
    """RFC 3339 with up to nine decimals to nanoseconds since the epoch; 0 when it isn't one."""
    seconds, _, rest = text.partition(".")
    try:
        moment = datetime.fromisoformat(seconds.removesuffix("Z")).replace(tzinfo=UTC)
        fraction = rest.rstrip("Z")[:9].ljust(9, "0")
        return int(moment.timestamp()) * 1_000_000_000 + (int(fraction) if fraction.isdecimal() else 0)
    except ValueError:
        return 0
