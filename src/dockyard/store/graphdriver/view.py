"""A stack of directories seen as overlayfs would show it, without mounting it.

The daemon has threads and serves everybody; a mount in it would be seen, would have to survive its death, and can fail
with EBUSY. Reading through the stack needs none of that: export, `docker diff`, volumes' copy-up, the init layer use
it.
Rules: kernel documentation filesystems/overlayfs.rst, "Upper and Lower", "whiteouts and opaque directories".
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

OPAQUE_ATTRIBUTE = "trusted.overlay.opaque"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKS = 40

Steps = tuple[bytes, ...]


class Node(NamedTuple):
    """Something in the view: `leaf` in the directory descriptor `parent`, which is open only while the walk is here."""

    steps: Steps
    parent: int
    leaf: bytes
    status: os.stat_result


class View:
    """The tree that the directories `layers` (uppermost first) make together."""

    def __init__(self, layers: Sequence[str]) -> None:
        self.layers = tuple(layers)

    def walk(self, start: Steps = ()) -> Iterator[Node]:
        """Everything below the directory `start`, parents before children, names in byte order."""
        with self._directories(start) as directories:
            yield from _walk(start, directories)

    def status(self, steps: Steps) -> os.stat_result | None:
        """lstat(2) of `steps` in the view; symbolic links in the middle are not followed. None when it isn't there."""
        if not steps:
            return os.stat(self.layers[0])
        with self._directories(steps[:-1]) as directories:
            found = _lookup(steps[-1], directories)
            return found[1] if found else None

    def resolve(self, name: Steps) -> Steps | None:
        """`name` with all symbolic links followed inside the view (also the last); None when it doesn't exist."""
        pending = list(reversed(name))
        done: list[bytes] = []
        links = 0
        while pending:
            step = pending.pop()
            if step == b"..":
                del done[-1:]
                continue
            target = self._link_target((*done, step))
            if target is None:
                done.append(step)
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if target.startswith(b"/"):
                done = []
            pending += [part for part in reversed(target.split(b"/")) if part and part != b"."]
        return tuple(done) if self.status(tuple(done)) is not None else None

    def open(self, steps: Steps) -> int:
        """A descriptor for reading the regular file `steps` (already resolved). Raises OSError."""
        if not steps:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with self._directories(steps[:-1]) as directories:
            found = _lookup(steps[-1], directories)
            if found is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            if not stat.S_ISREG(found[1].st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            return os.open(steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=found[0])

    def _link_target(self, steps: Steps) -> bytes | None:
        with self._directories(steps[:-1]) as directories:
            found = _lookup(steps[-1], directories)
            if found is None or not stat.S_ISLNK(found[1].st_mode):
                return None
            return os.readlink(steps[-1], dir_fd=found[0])

    @contextmanager
    def _directories(self, steps: Steps) -> Iterator[list[int]]:
        """The descriptors, uppermost first, that together make the directory `steps`; an empty list when there is
        none."""
        opened = [os.open(layer, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for layer in self.layers]
        try:
            current = list(opened)
            for step in steps:
                current = open_below(step, current)
                opened += current
            yield current
        finally:
            for descriptor in opened:
                os.close(descriptor)


def open_below(name: bytes, directories: Sequence[int]) -> list[int]:
    """The descriptors that make up the subdirectory `name` of the merged directory; empty when it is no directory."""
    opened: list[int] = []
    for directory in directories:
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if not stat.S_ISDIR(status.st_mode):
            break  # a whiteout or anything else hides what is below
        descriptor = os.open(name, _DIRECTORY, dir_fd=directory)
        opened.append(descriptor)
        if is_opaque(descriptor):
            break
    return opened


def is_opaque(directory: int) -> bool:
    """Whether the directory hides the contents of those below it."""
    try:
        return os.getxattr(directory, OPAQUE_ATTRIBUTE) == b"y"
    except OSError:
        return False


def is_whiteout(status: os.stat_result) -> bool:
    """overlayfs's mark for "deleted here": a character device 0:0."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _lookup(name: bytes, directories: Sequence[int]) -> tuple[int, os.stat_result] | None:
    for directory in directories:
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            continue
        return None if is_whiteout(status) else (directory, status)
    return None


def _walk(steps: Steps, directories: Sequence[int]) -> Iterator[Node]:
    uppermost: dict[bytes, int] = {}
    for directory in directories:
        for text in os.listdir(directory):
            uppermost.setdefault(os.fsencode(text), directory)
    for name in sorted(uppermost):
        directory = uppermost[name]
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            continue  # a running container removed it between the two calls
        if is_whiteout(status):
            continue
        here = (*steps, name)
        yield Node(here, directory, name, status)
        if stat.S_ISDIR(status.st_mode):
            below = open_below(name, directories)
            try:
                yield from _walk(here, below)
            finally:
                for descriptor in below:
                    os.close(descriptor)
