"""A path of a container's root as an archive, as Docker names its members.

A directory's members begin with its own name, `/etc` gives `etc/` and `etc/passwd`; `/etc/.` gives `./` and `./passwd`.
Of procfs, sysfs and their like only the mount point is taken: what is in them is the kernel's, not the container's.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from dockyard.errors import SystemFailure
from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.source import write_all
from dockyard.fs.archive.writer import END
from dockyard.linux.libc import reason
from dockyard.linux.open_beneath import in_root
from dockyard.linux.statfs import CGROUP_V1, CGROUP_V2, DEVPTS, PROC, SYSFS, filesystem_type

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OF_THE_KERNEL = frozenset((PROC, SYSFS, DEVPTS, CGROUP_V1, CGROUP_V2))
_DEEPEST = 1000
"""Each level of the tree that is being read holds a descriptor; 1024 is what a process has by default."""


class Origin(NamedTuple):
    """What is to be packed: `leaf` in the directory `parent`, called `name` in the archive."""

    parent: int
    leaf: bytes
    name: bytes
    status: os.stat_result


def open_origin(root: int, path: str) -> Origin:
    """The entry at `path` (see VisitRequest). OSError; NotADirectoryError for `/file/`."""
    name = os.fsencode(os.path.basename(path.rstrip("/")) or "/")
    if path.endswith(("/", "/.")):
        place = in_root(root, path, os.O_RDONLY | os.O_DIRECTORY)
        return Origin(place, b".", name, os.fstat(place))
    parent = in_root(root, os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    return Origin(parent, name, name, os.stat(name, dir_fd=parent, follow_symlinks=False))


def pack(origin: Origin, output: int) -> None:
    """Write the archive of `origin` to the descriptor `output`. SystemFailure; OSError when nobody reads any more."""
    for chunk in rechunk(_members(origin)):
        write_all(output, chunk)


def _members(origin: Origin) -> Iterator[bytes]:
    packer = Packer()
    # As Docker: the root directory's own name is empty, its members begin with a slash.
    name = b"" if origin.name == b"/" else origin.name
    yield from _pieces(packer, name, origin.leaf, origin.parent, origin.status)
    if stat.S_ISDIR(origin.status.st_mode):
        top = os.open(origin.leaf, _DIRECTORY, dir_fd=origin.parent)
        yield from _below(packer, name, top)
    yield END


def _below(packer: Packer, name: bytes, top: int) -> Iterator[bytes]:
    """Everything below the open directory `top`, which is closed; parents before children, names in byte order."""
    stack = [(name, top, _names(top))]
    while stack:
        above, directory, names = stack[-1]
        if not names:
            os.close(directory)
            stack.pop()
            continue
        leaf = names.pop()
        full = above + b"/" + leaf
        try:
            status = os.stat(leaf, dir_fd=directory, follow_symlinks=False)
        except OSError:
            continue  # it has gone meanwhile
        yield from _pieces(packer, full, leaf, directory, status)
        if stat.S_ISDIR(status.st_mode):
            if len(stack) >= _DEEPEST:
                raise SystemFailure(f"open {os.fsdecode(full)[:200]}: file name too long")
            with suppress(FileNotFoundError, NotADirectoryError):
                below = os.open(leaf, _DIRECTORY, dir_fd=directory)
                stack.append((full, below, _names(below)))


def _names(directory: int) -> list[bytes]:
    """The names in `directory`, last first; none where they are the kernel's."""
    if filesystem_type(directory) in _OF_THE_KERNEL:
        return []
    return sorted((os.fsencode(name) for name in os.listdir(directory)), reverse=True)


def _pieces(packer: Packer, name: bytes, leaf: bytes, parent: int, status: os.stat_result) -> Iterator[bytes]:
    """One member; nothing when it has gone, an error that names it when it can't be read."""
    pieces = packer.member(name, leaf, parent, status)
    try:
        first = next(pieces, b"")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise SystemFailure(f"open {os.fsdecode(name)}: {reason(error)}") from error
    yield first
    try:
        yield from pieces
    except OSError as error:
        raise SystemFailure(f"read {os.fsdecode(name)}: {reason(error)}") from error
