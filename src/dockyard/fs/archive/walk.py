"""Everything below an open directory as members of an archive, while others may change it.

What disappears meanwhile is passed over; nothing is followed; a tree that is too deep is an error, not a crash.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress

from dockyard.errors import SystemFailure
from dockyard.fs.archive.pack import Packer
from dockyard.fs.paths import display

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 1000
"""Each level of the tree that is being read holds a descriptor; 1024 is what a process has by default."""

Enters = Callable[[int], bool]


def entry_members(
    packer: Packer, name: bytes, leaf: bytes, parent: int, status: os.stat_result, enters: Enters | None = None
) -> Iterator[bytes]:
    """The members of `leaf` in the directory `parent`, called `name`, and of everything below it.

    `enters` says of an open directory whether what is in it belongs to the archive. SystemFailure names what couldn't
    be read.
    """
    yield from _member(packer, name, leaf, parent, status)
    if stat.S_ISDIR(status.st_mode):
        yield from _below(packer, name, os.open(leaf, DIRECTORY, dir_fd=parent), enters)


def _below(packer: Packer, name: bytes, top: int, enters: Enters | None) -> Iterator[bytes]:
    """What is below the open directory `top`, which is closed; parents before children, names in byte order."""
    stack = [(name, top, _names(top, enters))]
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
        yield from _member(packer, full, leaf, directory, status)
        if stat.S_ISDIR(status.st_mode):
            if len(stack) >= _DEEPEST:
                raise SystemFailure(f"open {display(full)}: file name too long")
            with suppress(FileNotFoundError, NotADirectoryError):
                below = os.open(leaf, DIRECTORY, dir_fd=directory)
                stack.append((full, below, _names(below, enters)))


def _names(directory: int, enters: Enters | None) -> list[bytes]:
    """The names in `directory`, last first; none where nobody enters."""
    if enters is not None and not enters(directory):
        return []
    return sorted((os.fsencode(name) for name in os.listdir(directory)), reverse=True)


def _member(packer: Packer, name: bytes, leaf: bytes, parent: int, status: os.stat_result) -> Iterator[bytes]:
    """One member; nothing when it has gone, an error that names it when it can't be read."""
    pieces = packer.member(name, leaf, parent, status)
    try:
        first = next(pieces, b"")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise SystemFailure(f"open {display(name)}: {(error.strerror or str(error)).lower()}") from error
    yield first
    try:
        yield from pieces
    except OSError as error:
        raise SystemFailure(f"read {display(name)}: {(error.strerror or str(error)).lower()}") from error
