"""The sender's folder: a walk that tells of its files in the order of the protocol, and their content.

A file is found again by openat2(2) below the folder, without links: what somebody changes meanwhile leads nowhere else.
"""

import os
import stat
from collections.abc import Callable, Iterator
from typing import Final

from dockyard.builder.session.filesync.entry import Entry
from dockyard.builder.session.filesync.follow import follow_links
from dockyard.builder.session.filesync.select import Selection
from dockyard.linux.open_beneath import RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, open_at

_PIECE: Final = 64 << 10
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
XATTRS: Final = (b"user.", b"security.capability")
"""Extended attributes that belong into an image begin so."""

Change = Callable[[Entry], Entry | None]


class Tree:
    """A folder, or the part of it that is sent.

    includes, excludes: patterns; follow: paths that are included with what their links lead to.
    change: what is told of an entry instead, or None to leave it out.
    """

    def __init__(
        self,
        folder: str,
        *,
        includes: list[str] | None = None,
        excludes: list[str] | None = None,
        follow: list[str] | None = None,
        change: Change | None = None,
    ) -> None:
        """Raises OSError when `folder` is no directory that can be opened, InvalidParameter for a bad pattern."""
        self.folder = os.path.realpath(folder)
        self._root = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        patterns = list(includes or ())
        if follow:
            followed = follow_links(self.folder, follow)
            patterns = [*patterns, *followed] if followed else []
        self._selection = Selection(patterns, excludes or ())
        self._change = change

    def close(self) -> None:
        """Gives the folder's descriptor back."""
        os.close(self._root)

    def walk(self) -> Iterator[Entry]:
        """What is sent, in order. What vanishes during the walk is left out; other errors pass as OSError."""
        names: dict[tuple[int, int], bytes] = {}
        # Directories above that aren't wanted for themselves; told of as soon as something in them is.
        silent: list[tuple[bytes, os.stat_result]] = []
        pending = self._listed(b"")
        while pending:
            path, status = pending.pop()
            while silent and not path.startswith(silent[-1][0] + b"/"):
                silent.pop()
            directory = stat.S_ISDIR(status.st_mode)
            wanted, entered = self._verdict(path, directory)
            if wanted:
                for above, of_it in silent:
                    yield from self._told(above, of_it, names)
                silent.clear()
                yield from self._told(path, status, names)
            elif entered:
                silent.append((path, status))
            if entered:
                pending += self._listed(path)

    def read(self, path: bytes) -> Iterator[bytes]:
        """The content of the regular file `path`; OSError when it isn't one any more."""
        descriptor = self.open(path)
        try:
            while data := os.read(descriptor, _PIECE):
                yield data
        finally:
            os.close(descriptor)

    def open(self, path: bytes) -> int:
        """A descriptor for reading the regular file `path`; OSError when it isn't one any more."""
        descriptor = open_at(self._root, path, _FILE, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(f"{os.fsdecode(path)} is no regular file any more")
        return descriptor

    def _verdict(self, path: bytes, directory: bool) -> tuple[bool, bool]:
        if self._selection.everything:
            return True, directory
        name = os.fsdecode(path)
        return self._selection.wants(name), directory and self._selection.enters(name)

    def _listed(self, folder: bytes) -> list[tuple[bytes, os.stat_result]]:
        """What is in `folder`, the first at the end."""
        try:
            with os.scandir(os.path.join(os.fsencode(self.folder), folder)) as found:
                entries = sorted(found, key=lambda entry: entry.name, reverse=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        listed = []
        prefix = folder + b"/" if folder else b""
        for entry in entries:
            try:
                listed.append((prefix + entry.name, entry.stat(follow_symlinks=False)))
            except FileNotFoundError:
                continue
        return listed

    def _told(self, path: bytes, status: os.stat_result, names: dict[tuple[int, int], bytes]) -> Iterator[Entry]:
        try:
            entry = self._entry(path, status, names)
        except FileNotFoundError:
            return
        changed = self._change(entry) if self._change else entry
        if changed is not None:
            yield changed

    def _entry(self, path: bytes, status: os.stat_result, names: dict[tuple[int, int], bytes]) -> Entry:
        link, size = b"", status.st_size
        full = os.path.join(os.fsencode(self.folder), path)
        if stat.S_ISDIR(status.st_mode):
            size = 0
        elif stat.S_ISLNK(status.st_mode):
            link = os.readlink(full)
        elif status.st_nlink > 1 and stat.S_ISREG(status.st_mode):
            link = names.setdefault((status.st_dev, status.st_ino), path)
            link, size = (b"", size) if link == path else (link, 0)
        return Entry(
            path, status.st_mode, status.st_uid, status.st_gid, size, status.st_mtime_ns, link,
            status.st_rdev if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode) else 0, _xattrs(full),
        )  # fmt: skip


def _xattrs(path: bytes) -> dict[bytes, bytes]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
        found = [os.fsencode(name) for name in names]
        return {name: os.getxattr(path, name, follow_symlinks=False) for name in found if name.startswith(XATTRS)}
    except FileNotFoundError:
        raise
    except OSError:
        return {}  # a file system without them, or one whose owner is somebody else
