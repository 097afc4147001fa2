"""What has been read of a spool and isn't sent yet: as much as may wait, and no more.

In blocking mode nothing more is read then: the spool grows, and at its limit the shim lets the container wait. In
non-blocking mode what comes is dropped, as by Docker's ring buffer, until there is room again.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/ring.go
"""

from collections import deque

from dockyard.logdrivers.forward.spool import Spooled


class Waiting:
    """The queue.

    Args:
        limit_bytes: of entries; one that is longer fits into an empty queue.
        limit_entries: at most so many, too: a short one takes memory, too.
        dropping: whether what doesn't fit is dropped.
    """

    def __init__(self, limit_bytes: int, limit_entries: int, *, dropping: bool) -> None:
        self._limit_bytes = limit_bytes
        self._limit_entries = limit_entries
        self._dropping = dropping
        self._entries: deque[Spooled] = deque()
        self._bytes = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first(self) -> Spooled | None:
        """What is sent next."""
        return self._entries[0] if self._entries else None

    @property
    def full(self) -> bool:
        """Whether nothing more shall be read for now."""
        return not self._dropping and self._at_limit(0)

    def put(self, entry: Spooled) -> None:
        """Takes an entry, or drops it and counts that."""
        size = len(entry.raw)
        if self._dropping and self._entries and self._at_limit(size):
            self.dropped += 1
            return
        self._entries.append(entry)
        self._bytes += size

    def take(self, entries: int, size_bytes: int) -> list[Spooled]:
        """The next entries: at least one if there is one, at most so many and so long."""
        taken: list[Spooled] = []
        while self._entries and len(taken) < entries and (not taken or size_bytes > 0):
            entry = self._entries.popleft()
            size = len(entry.raw)
            self._bytes -= size
            size_bytes -= size
            taken.append(entry)
        return taken

    def _at_limit(self, size: int) -> bool:
        return self._bytes + size >= self._limit_bytes or len(self._entries) >= self._limit_entries
