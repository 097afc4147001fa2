"""What `docker diff` shows: how one tree differs from the one below it.

Two kinds of upper tree: a complete one (vfs), in which a name that is missing was deleted; and a sparse one
(overlay's upper directory), in which only whiteouts and opaque directories delete. A file counts as modified when
anything that a layer archive records of it differs; a directory also when something in it changed, as in Docker.
"""

import os
import stat
from collections.abc import Iterator, Sequence

from dockyard.store.graphdriver.contract import Change, ChangeKind
from dockyard.store.graphdriver.view import View, is_opaque, is_whiteout, open_below

_Directories = Sequence[int]


def compare(upper: View, lower: View | None, *, sparse: bool) -> Iterator[Change]:
    """The changes from `lower` (None: from nothing) to `upper`, sorted by path."""
    above = [os.open(layer, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for layer in upper.layers]
    below = [os.open(layer, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) for layer in (lower.layers if lower else ())]
    try:
        changes = _directory(b"", above[0], below, sparse)
    finally:
        for descriptor in (*above, *below):
            os.close(descriptor)
    changes.sort()
    return (Change(os.fsdecode(path), kind) for path, kind in changes)


def _directory(path: bytes, above: int, below: _Directories, sparse: bool) -> list[tuple[bytes, ChangeKind]]:
    changes: list[tuple[bytes, ChangeKind]] = []
    here = {os.fsencode(name) for name in os.listdir(above)}
    if not sparse or is_opaque(above):
        changes += [(path + b"/" + name, ChangeKind.DELETED) for name in _names(below) - here]
    for name in here:
        full = path + b"/" + name
        try:
            status = os.stat(name, dir_fd=above, follow_symlinks=False)
        except FileNotFoundError:
            continue
        old = _lookup(name, below)
        if is_whiteout(status):
            if old is not None:
                changes.append((full, ChangeKind.DELETED))
            continue
        if not stat.S_ISDIR(status.st_mode):
            if old is None:
                changes.append((full, ChangeKind.ADDED))
            elif _differs(name, above, status, *old):
                changes.append((full, ChangeKind.MODIFIED))
            continue
        changes += _subdirectory(full, name, above, status, below, old, sparse)
    return changes


def _subdirectory(
    full: bytes,
    name: bytes,
    above: int,
    status: os.stat_result,
    below: _Directories,
    old: tuple[int, os.stat_result] | None,
    sparse: bool,
) -> list[tuple[bytes, ChangeKind]]:
    was_directory = old is not None and stat.S_ISDIR(old[1].st_mode)
    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    old_inner = open_below(name, below) if was_directory else []
    try:
        changes = _directory(full, inner, old_inner, sparse)
    finally:
        for descriptor in (inner, *old_inner):
            os.close(descriptor)
    if old is None:
        changes.append((full, ChangeKind.ADDED))
    elif not was_directory or changes or _differs(name, above, status, *old):
        changes.append((full, ChangeKind.MODIFIED))
    return changes


def _names(directories: _Directories) -> set[bytes]:
    visible: dict[bytes, int] = {}
    for directory in directories:
        for name in os.listdir(directory):
            visible.setdefault(os.fsencode(name), directory)
    return {
        name
        for name, directory in visible.items()
        if not is_whiteout(os.stat(name, dir_fd=directory, follow_symlinks=False))
    }


def _lookup(name: bytes, directories: _Directories) -> tuple[int, os.stat_result] | None:
    for directory in directories:
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            continue
        return None if is_whiteout(status) else (directory, status)
    return None


def _differs(name: bytes, above: int, new: os.stat_result, below: int, old: os.stat_result) -> bool:
    if (new.st_mode, new.st_uid, new.st_gid, new.st_rdev) != (old.st_mode, old.st_uid, old.st_gid, old.st_rdev):
        return True
    if not stat.S_ISDIR(new.st_mode) and (new.st_size, new.st_mtime_ns) != (old.st_size, old.st_mtime_ns):
        return True
    return _capability(name, above) != _capability(name, below)


def _capability(name: bytes, directory: int) -> bytes:
    try:
        return os.getxattr(b"/proc/self/fd/%d/%s" % (directory, name), "security.capability", follow_symlinks=False)
    except OSError:
        return b""
