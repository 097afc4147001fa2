"""A directory tree as a value, to be compared: everything that an archive keeps, and which names are one file."""

import hashlib
import os
import stat
from collections.abc import Collection
from pathlib import Path


def snapshot(root: Path, *, without: Collection[str] = (), times: bool = True) -> dict[str, tuple[object, ...]]:
    """For each path below `root` (relative): kind, mode, owner, time, content or target, attributes, its other names.

    `without` names paths whose own entry is left out; of a name without a slash everything below is left out too, if it
    isn't a directory in the tree that only lacks its own entry.
    """
    found: dict[str, tuple[object, ...]] = {}
    inodes: dict[tuple[int, int], str] = {}
    for directory, directories, files in os.walk(root):
        directories.sort()
        relative = os.path.relpath(directory, root)
        if relative == "." and "out" in without and "out" in directories:
            directories.remove("out")
        for name in sorted([*directories, *files]):
            path = os.path.join(directory, name)
            key = os.path.normpath(os.path.join(relative, name))
            if key in without:
                continue
            status = os.lstat(path)
            first = inodes.setdefault((status.st_dev, status.st_ino), key)
            found[key] = (
                stat.filemode(status.st_mode),
                status.st_uid,
                status.st_gid,
                status.st_rdev,
                status.st_mtime_ns if times else None,
                _content(path, status),
                _attributes(path),
                first if not stat.S_ISDIR(status.st_mode) else None,
            )
    return found


def _content(path: str, status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if stat.S_ISREG(status.st_mode):
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return ""


def _attributes(path: str) -> tuple[tuple[str, bytes], ...]:
    names = os.listxattr(path, follow_symlinks=False)
    return tuple(sorted((name, os.getxattr(path, name, follow_symlinks=False)) for name in names))
