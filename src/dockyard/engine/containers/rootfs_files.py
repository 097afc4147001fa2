"""Reading small files of a container's root, before or while it runs: /etc/passwd and /etc/group for `USER`.

Everything in the root is hostile: links stay inside, only regular files of a bounded size are read, without blocking.
"""

import os
import stat

from dockyard.fs.paths import components
from dockyard.linux.open_beneath import in_root
from dockyard.store.graphdriver.view import View, ViewReader

LARGEST_FILE_BYTES = 8 << 20


def read_from_view(view: View | ViewReader, path: str) -> str:
    """Text of the file `path` in a root that isn't mounted; "" when there is none or it isn't a plain file."""
    try:
        steps = view.resolve(components(os.fsencode(path)))
        if steps is None:
            return ""
        fd = view.open(steps)
    except OSError:
        return ""
    return _read(fd)


def read_from_process(pid: int, path: str) -> str:
    """Text of the file `path` as the process `pid` sees it; "" when there is none or it isn't a plain file."""
    try:
        root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return _read(in_root(root, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError:
        return ""
    finally:
        os.close(root)


def _read(fd: int) -> str:
    """The text of the open file, which is closed."""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        chunks = []
        remaining = LARGEST_FILE_BYTES
        while remaining > 0 and (chunk := os.read(fd, min(remaining, 1 << 16))):
            chunks.append(chunk)
            remaining -= len(chunk)
        return b"".join(chunks).decode(errors="replace")
    finally:
        os.close(fd)
