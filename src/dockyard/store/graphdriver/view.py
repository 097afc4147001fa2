"""A stack of directories seen as overlayfs would show it, without mounting it.

The daemon has threads and serves everybody; a mount in it would be seen, would have to survive its death, and can
fail with EBUSY. Reading through the stack needs none of that: export, `docker diff`, volumes' copy-up, the init layer
use it. Rules: kernel documentation filesystems/overlayfs.rst, "Upper and Lower", "whiteouts and opaque directories".
"""

import errno
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from dockyard.fs.rooted import Steps

OPAQUE_ATTRIBUTE = "trusted.overlay.opaque"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKS = 40
_KEPT = 16
_DEEPEST = 2048
"""How deep a walk goes: as deep as a path of PATH_MAX bytes can be. A container can make deeper trees; no tool reads
them."""


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

    def reader(self) -> "ViewReader":
        """A reader for many questions; the methods here open one for a single question."""
        return ViewReader(self.layers)

    def walk(self, start: Steps = (), *, whiteouts: bool = False) -> Iterator[Node]:
        """Everything below the directory `start`, parents before children, names in byte order. See ViewReader.walk."""
        with self.reader() as reader:
            yield from reader.walk(start, whiteouts=whiteouts)

    def status(self, steps: Steps) -> os.stat_result | None:
        """lstat(2) of `steps` in the view; symbolic links in the middle are not followed. None when it isn't there."""
        with self.reader() as reader:
            return reader.status(steps)

    def resolve(self, name: Steps) -> Steps | None:
        """`name` with all symbolic links followed inside the view (also the last); None when it doesn't exist."""
        with self.reader() as reader:
            return reader.resolve(name)

    def open(self, steps: Steps) -> int:
        """A descriptor for reading the regular file `steps` (already resolved). Raises OSError."""
        with self.reader() as reader:
            return reader.open(steps)


class ViewReader:
    """Answers questions about one view; keeps the directories used last open. Not for several threads at once."""

    def __init__(self, layers: Sequence[str]) -> None:
        self._roots = [os.open(layer, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for layer in layers]
        self._kept: OrderedDict[Steps, list[int]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for directories in (*self._kept.values(), self._roots):
            _close(directories)

    def directories(self, steps: Steps) -> list[int]:
        """The descriptors, uppermost first, that together make the directory `steps`; valid until the next call.

        Empty when it isn't there or is no directory.
        """
        if not steps:
            return self._roots
        if steps in self._kept:
            self._kept.move_to_end(steps)
            return self._kept[steps]
        known = next((n for n in range(len(steps) - 1, 0, -1) if steps[:n] in self._kept), 0)
        opened: list[int] = []
        current = self._kept[steps[:known]] if known else self._roots
        for step in steps[known:]:
            below = _open_below(step, current)
            _close(opened)
            current = opened = below
        self._kept[steps] = opened
        if len(self._kept) > _KEPT:
            _close(self._kept.popitem(last=False)[1])
        return opened

    def names(self, steps: Steps) -> dict[bytes, int]:
        """All names in the directory `steps`, whiteouts too, each with the descriptor of the uppermost one that has
        it."""
        found: dict[bytes, int] = {}
        for directory in self.directories(steps):
            for text in os.listdir(directory):
                found.setdefault(os.fsencode(text), directory)
        return found

    def find(self, steps: Steps) -> tuple[int, os.stat_result] | None:
        """The directory descriptor in which `steps` is found and its lstat(2); None when it isn't there."""
        for directory in self.directories(steps[:-1]):
            status = _lstat(steps[-1], directory)
            if status is not None:
                return None if is_whiteout(status) else (directory, status)
        return None

    def status(self, steps: Steps) -> os.stat_result | None:
        """See View."""
        if not steps:
            return os.fstat(self._roots[0])
        found = self.find(steps)
        return found[1] if found else None

    def is_opaque(self, steps: Steps) -> bool:
        """Whether the uppermost directory `steps` hides what is below it."""
        directories = self.directories(steps)
        return bool(directories) and is_opaque(directories[0])

    def open(self, steps: Steps) -> int:
        """See View."""
        found = self.find(steps) if steps else None
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not stat.S_ISREG(found[1].st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return os.open(steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=found[0])

    def resolve(self, name: Steps) -> Steps | None:
        """See View."""
        pending = list(reversed(name))
        done: list[bytes] = []
        links = 0
        while pending:
            step = pending.pop()
            if step == b"..":
                del done[-1:]
                continue
            found = self.find((*done, step))
            if found is None or not stat.S_ISLNK(found[1].st_mode):
                done.append(step)
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = os.readlink(step, dir_fd=found[0])
            if target.startswith(b"/"):
                done = []
            pending += [part for part in reversed(target.split(b"/")) if part and part != b"."]
        return tuple(done) if self.status(tuple(done)) is not None else None

    def walk(self, start: Steps = (), *, whiteouts: bool = False) -> Iterator[Node]:
        """Everything below the directory `start`, parents before children, names in byte order.

        `whiteouts`: also overlayfs's marks of what is deleted. What disappears meanwhile is passed over. Neither
        descriptors nor the stack grow with the depth. Raises OSError (ENAMETOOLONG) for trees deeper than any path.
        """
        stack = [(start, _in_order(self.names(start)))]
        while stack:
            above, names = stack[-1]
            if not names:
                stack.pop()
                continue
            steps = (*above, names.pop())
            node = self._node(steps, whiteouts)
            if node is None:
                continue
            yield node
            if stat.S_ISDIR(node.status.st_mode):
                if len(steps) > _DEEPEST:
                    raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
                stack.append((steps, _in_order(self.names(steps))))

    def _node(self, steps: Steps, whiteouts: bool) -> Node | None:
        for directory in self.directories(steps[:-1]):
            status = _lstat(steps[-1], directory)
            if status is not None:
                hidden = is_whiteout(status) and not whiteouts
                return None if hidden else Node(steps, directory, steps[-1], status)
        return None


def is_opaque(directory: int) -> bool:
    """Whether the directory hides the contents of those below it."""
    try:
        return os.getxattr(directory, OPAQUE_ATTRIBUTE) == b"y"
    except OSError:
        return False


def is_whiteout(status: os.stat_result) -> bool:
    """overlayfs's mark for "deleted here": a character device 0:0."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _open_below(name: bytes, directories: Sequence[int]) -> list[int]:
    opened: list[int] = []
    for directory in directories:
        status = _lstat(name, directory)
        if status is None:
            continue
        if not stat.S_ISDIR(status.st_mode):
            break  # a whiteout or anything else hides what is below
        try:
            descriptor = os.open(name, _DIRECTORY, dir_fd=directory)
        except (FileNotFoundError, NotADirectoryError):
            break
        opened.append(descriptor)
        if is_opaque(descriptor):
            break
    return opened


def _lstat(name: bytes, directory: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _in_order(names: dict[bytes, int]) -> list[bytes]:
    return sorted(names, reverse=True)  # taken from the end


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
