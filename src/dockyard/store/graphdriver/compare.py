"""What `docker diff` shows: how one tree differs from the one below it.

Two kinds of upper tree: a complete one (vfs), in which a name that is missing was deleted; and a sparse one
(overlay's upper directory), in which only whiteouts and opaque directories delete. A file counts as modified when
anything that a layer archive records of it differs; a directory also when something in it changed, as in Docker.
"""

import os
import stat
from collections.abc import Iterator

from dockyard.fs.rooted import Steps
from dockyard.store.graphdriver.contract import Change, ChangeKind
from dockyard.store.graphdriver.view import Node, View, ViewReader, is_whiteout


def compare(upper: View, lower: View | None, *, sparse: bool) -> Iterator[Change]:
    """The changes from `lower` (None: from nothing) to `upper`, sorted by path. `sparse`: see above."""
    with upper.reader() as above, (lower or View(())).reader() as below:
        changes = _changes(above, below, sparse)
    for steps in list(changes):
        for depth in range(1, len(steps)):  # whatever contains a change is modified itself
            changes.setdefault(steps[:depth], ChangeKind.MODIFIED)
    paths = sorted((b"/" + b"/".join(steps), kind) for steps, kind in changes.items())
    return (Change(os.fsdecode(path), kind) for path, kind in paths)


def _changes(above: ViewReader, below: ViewReader, sparse: bool) -> dict[Steps, ChangeKind]:
    changes: dict[Steps, ChangeKind] = {}
    _missing((), above, below, sparse, changes)
    for node in above.walk(whiteouts=sparse):
        old = below.find(node.steps)
        if sparse and is_whiteout(node.status):
            if old is not None:
                changes[node.steps] = ChangeKind.DELETED
            continue
        if old is None:
            changes[node.steps] = ChangeKind.ADDED
        elif _differs(node, *old):
            changes[node.steps] = ChangeKind.MODIFIED
        if stat.S_ISDIR(node.status.st_mode) and old is not None and stat.S_ISDIR(old[1].st_mode):
            _missing(node.steps, above, below, sparse, changes)
    return changes


def _missing(
    steps: Steps, above: ViewReader, below: ViewReader, sparse: bool, changes: dict[Steps, ChangeKind]
) -> None:
    """Note what the directory `steps` had below and hasn't any more because of what it is, not because of a
    whiteout."""
    if sparse and not above.is_opaque(steps):
        return
    here = above.names(steps)
    for name in below.names(steps):
        if name not in here and below.find((*steps, name)) is not None:
            changes[*steps, name] = ChangeKind.DELETED


def _differs(node: Node, directory: int, old: os.stat_result) -> bool:
    new = node.status
    if (new.st_mode, new.st_uid, new.st_gid, new.st_rdev) != (old.st_mode, old.st_uid, old.st_gid, old.st_rdev):
        return True
    if not stat.S_ISDIR(new.st_mode) and (new.st_size, new.st_mtime_ns) != (old.st_size, old.st_mtime_ns):
        return True
    return _capability(node.leaf, node.parent) != _capability(node.leaf, directory)


def _capability(name: bytes, directory: int) -> bytes:
    try:
        return os.getxattr(b"/proc/self/fd/%d/%s" % (directory, name), "security.capability", follow_symlinks=False)
    except OSError:
        return b""
