"""What a receiver demands of the entries: clean paths below its folder, parents before children, names in byte order.

A sender that breaks these rules could name a file below a symbolic link that it has just made, or name one twice.
"""

import stat
from typing import Final

from dockyard.builder.session.filesync.entry import Entry
from dockyard.errors import InvalidParameter

PATH_BYTES: Final = 4095
"""PATH_MAX without the end of the string (limits.h)."""
NAME_BYTES: Final = 255


class Order:
    """The directories that the last entry is in, each with the last name in it."""

    def __init__(self) -> None:
        self._directories: list[tuple[bytes, bytes]] = [(b"", b"")]
        self._files: set[bytes] = set()

    def take(self, entry: Entry) -> None:
        """Checks the next entry; raises InvalidParameter for one that mustn't come now."""
        path = entry.path
        steps = path.split(b"/")
        if len(path) > PATH_BYTES or b"\0" in path or any(step in (b"", b".", b"..") for step in steps):
            raise InvalidParameter(f"invalid path: {_shown(path)}")
        if any(len(step) > NAME_BYTES for step in steps):
            raise InvalidParameter(f"file name too long: {_shown(path)}")
        parent, _, name = path.rpartition(b"/")
        while self._directories and self._directories[-1][0] != parent:
            self._directories.pop()
        if not self._directories or name <= self._directories[-1][1]:
            raise InvalidParameter(f"changes out of order: {_shown(path)}")
        self._directories[-1] = (parent, name)
        if stat.S_ISDIR(entry.mode):
            self._directories.append((path, b""))
        elif stat.S_ISREG(entry.mode):
            if not entry.link:
                self._files.add(path)
            elif entry.link not in self._files:
                raise InvalidParameter(f"invalid link {_shown(path)} to unknown path: {_shown(entry.link)}")


def _shown(path: bytes) -> str:
    return path[:200].decode("utf-8", "backslashreplace")
