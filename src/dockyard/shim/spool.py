"""What of a log is still to be sent on: the log's files once more, under names that tell their order.

    <spool>/0000000000000001, 0000000000000002, …    hard links to the log's files, the newest last
    <spool>/position                                  how far the forwarder has come (`dockyard.logdrivers.forward`)

The shim makes a link for each file that it begins; the forwarder removes each when it has sent it and there is a newer
one. So the log rotates as it likes, and what isn't sent stays. There is a limit to that: with `blocking` the
container's output isn't read any more until the forwarder has caught up; otherwise the oldest files are given up.
"""

import os
from contextlib import suppress
from typing import Final

LIMIT_BYTES: Final = 100 << 20
"""As much as Docker's local cache keeps: five files of 20 MiB."""

_DIGITS = 16


class Spool:
    """The shim's side of a spool.

    Args:
        directory: which must be there, on the log's file system.
        blocking: what happens at the limit.
    """

    def __init__(self, directory: str, *, blocking: bool, limit_bytes: int = LIMIT_BYTES) -> None:
        self.directory = directory
        self._blocking = blocking
        self._limit_bytes = limit_bytes
        self._full = False

    def has(self, path: str) -> bool:
        """Whether the file at `path` is the spool's newest. OSError."""
        segments = self._segments()
        return bool(segments) and os.path.samefile(f"{self.directory}/{segments[-1]}", path)

    def add(self, path: str) -> None:
        """Take the file at `path` as the newest. OSError."""
        segments = self._segments()
        number = int(segments[-1]) + 1 if segments else 1
        os.link(path, f"{self.directory}/{number:0{_DIGITS}d}")
        self._full = self._size_bytes(segments) > self._limit_bytes
        if not self._blocking:
            while self._full and segments:
                with suppress(FileNotFoundError):
                    os.unlink(f"{self.directory}/{segments.pop(0)}")
                self._full = self._size_bytes(segments) > self._limit_bytes

    @property
    def congested(self) -> bool:
        """Whether there is more than the limit; looked up again while it was."""
        if self._full:
            self._full = self._size_bytes(self._segments()) > self._limit_bytes
        return self._full

    def _segments(self) -> list[str]:
        return sorted(name for name in os.listdir(self.directory) if name.isdecimal())

    def _size_bytes(self, segments: list[str]) -> int:
        size = 0
        for name in segments:
            with suppress(FileNotFoundError):
                size += os.stat(f"{self.directory}/{name}").st_size
        return size
