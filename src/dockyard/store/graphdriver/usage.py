"""How many bytes a directory tree holds: sizes of all that is no directory, a file with several names once."""

import stat

from dockyard.store.graphdriver.view import View


def tree_bytes(path: str) -> int:
    """Bytes below `path` as `docker ps -s` and `docker system df` count them. Raises OSError when it can't be read."""
    total = 0
    seen: set[tuple[int, int]] = set()
    for node in View([path]).walk(whiteouts=True):
        status = node.status
        if stat.S_ISDIR(status.st_mode):
            continue
        if status.st_nlink > 1:
            key = (status.st_dev, status.st_ino)
            if key in seen:
                continue
            seen.add(key)
        total += status.st_size
    return total
