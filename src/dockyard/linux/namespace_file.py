"""Namespaces pinned to files: they live without a process, and setns(2) finds them by a path (nsfs, namespaces(7))."""

import os
from contextlib import suppress

from dockyard.linux import mount


def pin(namespace: int, path: str) -> None:
    """Keep a namespace alive, without a process, by a bind mount on the file `path`, which is made if missing.

    Raises:
        OSError: the directory is missing, or no right to mount.
    """
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o444))
    mount.mount(f"/proc/self/fd/{namespace}", path, flags=mount.MS_BIND)


def unpin(path: str) -> None:
    """Undo `pin` and remove the file. A path that isn't pinned is only removed; one that is missing is fine.

    The namespace and the links in it go when nobody else holds it; the kernel does that in its own time.

    Raises:
        OSError: not permitted.
    """
    with suppress(OSError):  # EINVAL: not (or no longer) a mount; unlink tells what else may be wrong
        while True:
            mount.umount(path, mount.MNT_DETACH)
    with suppress(FileNotFoundError):
        os.unlink(path)
