"""Files copied with everything that an archive would keep: owners, modes, times, links, devices, holes, attributes.

No symbolic link is followed on either side: names are single steps in directories that the caller has open.
"""

import errno
import os
import stat

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 30

Steps = tuple[bytes, ...]


class CopiedNames:
    """Remembers where the first name of each hard-linked file went, so that the others become links to it."""

    def __init__(self) -> None:
        self._first: dict[tuple[int, int], Steps] = {}

    def first(self, status: os.stat_result, steps: Steps) -> Steps | None:
        """The steps of an earlier copy of this very file, or None when `steps` is the first."""
        if status.st_nlink < 2 or stat.S_ISDIR(status.st_mode):
            return None
        first = self._first.setdefault((status.st_dev, status.st_ino), steps)
        return None if first == steps else first


def copy_node(
    name: bytes, source: int, target: int, status: os.stat_result, link_to: Steps | None = None, root: int = -1
) -> None:
    """Copy one entry: `name` in the directory descriptor `source` to the same name in `target`.

    A directory is made empty, with owner and mode. With `link_to` the entry becomes a hard link to these steps below
    the descriptor `root` (steps that were copied before, so that no symbolic link is among them). Sockets are passed
    over.
    """
    kind = stat.S_IFMT(status.st_mode)
    if link_to is not None:
        os.link(b"/".join(link_to), name, src_dir_fd=root, dst_dir_fd=target, follow_symlinks=False)
        return
    if kind == stat.S_IFREG:
        _file(name, source, target, status)
        return
    if kind == stat.S_IFDIR:
        os.mkdir(name, 0o700, dir_fd=target)
    elif kind == stat.S_IFLNK:
        os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
    elif kind != stat.S_IFSOCK:
        os.mknod(name, status.st_mode, status.st_rdev, dir_fd=target)
    else:
        return
    os.chown(name, status.st_uid, status.st_gid, dir_fd=target, follow_symlinks=False)
    if kind != stat.S_IFLNK:
        os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=target)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=target, follow_symlinks=False)


def copy_attributes(name: bytes, source: int, target: int) -> None:
    """Copy the extended attributes of the directory `name` in `source` to the descriptor `target`."""
    descriptor = os.open(name, _OPEN, dir_fd=source)
    try:
        _attributes(descriptor, target)
    finally:
        os.close(descriptor)


def _file(name: bytes, source: int, target: int, status: os.stat_result) -> None:
    above = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source)
    try:
        below = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            _data(above, below, status.st_size)
            os.fchown(below, status.st_uid, status.st_gid)
            os.fchmod(below, stat.S_IMODE(status.st_mode))
            _attributes(above, below)
            os.utime(below, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(below)
    finally:
        os.close(above)


def _data(source: int, target: int, size: int) -> None:
    """The file's data with its holes: a sparse file of a terabyte must not become a full one."""
    position = 0
    while position < size:
        try:
            start = os.lseek(source, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole until the end
                break
            raise
        end = os.lseek(source, start, os.SEEK_HOLE)
        position = start
        os.lseek(target, start, os.SEEK_SET)
        while position < end:
            copied = os.sendfile(target, source, position, min(end - position, _CHUNK))
            if copied == 0:  # it became shorter meanwhile
                break
            position += copied
        position = end
    os.ftruncate(target, size)


def _attributes(source: int, target: int) -> None:
    for name in os.listxattr(source):
        if name.startswith("trusted.overlay."):
            continue
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM):
                raise
