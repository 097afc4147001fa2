"""The init layer: between an image and a container, it holds the empty places that Docker mounts over.

`/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf` are bind mounted at start, `/dev`, `/proc`, `/sys` mounted; the
layer keeps these mount points out of `docker diff` and `docker commit`. Always the same list, whatever the image has.
"""

import os
import stat

from dockyard.store.graphdriver.view import View

_DIRECTORIES = (b"dev/pts", b"dev/shm", b"proc", b"sys")
_FILES = (b".dockerenv", b"etc/resolv.conf", b"etc/hosts", b"etc/hostname", b"dev/console")
_LINKS = ((b"etc/mtab", b"/proc/mounts"),)
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

Ownership = tuple[int, int, int]
Plan = dict[bytes, Ownership | None]
"""For each directory: mode, uid and gid that it has in the image; None where the image has none there."""


def plan(image: View | None) -> Plan:
    """What the image has where the init layer puts things. The same for every container of one image, so worth
    keeping."""
    found: Plan = {}
    for name in (b"dev", b"etc", *_DIRECTORIES):
        status = image.status(tuple(name.split(b"/"))) if image else None
        if status is not None and stat.S_ISDIR(status.st_mode):
            found[name] = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
        else:
            found[name] = None
    return found


def write(root: str, planned: Plan) -> None:
    """Write the init layer's entries below the directory `root`: an empty one, or a copy of the image. Raises
    OSError."""
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    opened = {b"": top}
    try:
        for name in (b"dev", b"etc"):
            opened[name] = _enter(top, name, planned[name])
        for name in _DIRECTORIES:
            parent, _, leaf = name.rpartition(b"/")
            if planned[name] is None:
                os.close(_enter(opened[parent], leaf, None))
        for name in _FILES:
            parent, _, leaf = name.rpartition(b"/")
            _clear(opened[parent], leaf)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            descriptor = os.open(leaf, flags, 0o755, dir_fd=opened[parent])
            os.fchmod(descriptor, 0o755)
            os.close(descriptor)
        for name, target in _LINKS:
            parent, _, leaf = name.rpartition(b"/")
            _clear(opened[parent], leaf)
            os.symlink(target, leaf, dir_fd=opened[parent])
    finally:
        for descriptor in opened.values():
            os.close(descriptor)


def _enter(parent: int, name: bytes, ownership: Ownership | None) -> int:
    """The directory `name`, made if it isn't there, with what the image says of it: in overlayfs the upper one
    counts."""
    try:
        os.mkdir(name, 0o755, dir_fd=parent)
    except FileExistsError:
        if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            return os.open(name, _OPEN, dir_fd=parent)
        os.unlink(name, dir_fd=parent)
        os.mkdir(name, 0o755, dir_fd=parent)
    descriptor = os.open(name, _OPEN, dir_fd=parent)
    mode, uid, gid = ownership or (0o755, 0, 0)
    os.fchown(descriptor, uid, gid)
    os.fchmod(descriptor, mode)
    return descriptor


def _clear(parent: int, name: bytes) -> None:
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        os.rmdir(name, dir_fd=parent)
