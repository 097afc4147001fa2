"""The index of an archive: its files as a tree in memory, and finding one's way in it."""

import errno
import os
import stat

from dockyard.fs.rooted import Steps

LINKS = 40
"""How many symbolic links one name may contain: the kernel's own limit (path_resolution(7))."""

Segments = tuple[tuple[int, int, int], ...]
"""Offset in the file, offset in the archive, length."""


class Node:
    """One file of the index, and at once its Status."""

    __slots__ = (
        "children", "segments", "st_gid", "st_ino", "st_mode", "st_mtime_ns", "st_nlink", "st_rdev", "st_size",
        "st_uid", "target", "xattrs",
    )  # fmt: skip
    st_dev = 0

    def __init__(self, mode: int, ino: int) -> None:
        self.st_mode = mode
        self.st_uid = self.st_gid = self.st_size = self.st_mtime_ns = self.st_rdev = 0
        self.st_nlink = 1
        self.st_ino = ino
        self.children: dict[bytes, Node] | None = {} if stat.S_ISDIR(mode) else None
        self.segments: Segments = ()
        self.target = b""
        self.xattrs: dict[bytes, bytes] = {}


def find(root: Node, steps: Steps) -> Node | None:
    """What is at `steps`, no link followed; None when nothing is."""
    node = root
    for step in steps:
        child = node.children.get(step) if node.children is not None else None
        if child is None:
            return None
        node = child
    return node


def resolve(root: Node, name: Steps) -> Steps | None:
    """`name` with all links followed inside the tree; None when it isn't there. Raises OSError for a circle."""
    pending = list(reversed(name))
    done: list[bytes] = []
    links = 0
    while pending:
        step = pending.pop()
        if step == b"..":
            del done[-1:]
            continue
        node = find(root, (*done, step))
        if node is None:
            return None
        if not stat.S_ISLNK(node.st_mode):
            done.append(step)
            continue
        links += 1
        if links > LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if node.target.startswith(b"/"):
            done = []
        pending += [part for part in reversed(node.target.split(b"/")) if part and part != b"."]
    return tuple(done)
