"""How many bytes a directory tree holds: sizes of regular files, a file with several names once (as `docker ps -s`)."""

import os
import stat

from dockyard.fs.rooted import RootedTree


def tree_bytes(path: str) -> int:
    """Bytes below `path`. What disappears while counting isn't counted."""
    with RootedTree(path) as tree:
        return _bytes(os.dup(tree.directory(())), set())


def _bytes(directory: int, seen: set[tuple[int, int]]) -> int:
    total = 0
    try:
        for name in os.listdir(directory):
            try:
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                    total += _bytes(os.open(name, flags, dir_fd=directory), seen)
                elif status.st_nlink == 1 or (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    total += status.st_size
            except (FileNotFoundError, NotADirectoryError):
                continue
    finally:
        os.close(directory)
    return total
