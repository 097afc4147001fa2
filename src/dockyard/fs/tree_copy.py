"""A directory tree copied with everything that an archive would keep: owners, modes, times, links, devices,
attributes."""

import errno
import os
import stat

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 30


def copy_tree(source: str, target: str) -> None:
    """Copy what is in the directory `source` into the existing directory `target`, and the directory's own attributes.

    No symbolic link is followed on either side. Raises OSError; what was copied until then stays.
    """
    above = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        below = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _Copier(below).directory(above, below, b"")
        finally:
            os.close(below)
    finally:
        os.close(above)


class _Copier:
    """Remembers where the first name of each hard-linked file went."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._first: dict[tuple[int, int], bytes] = {}

    def directory(self, source: int, target: int, path: bytes) -> None:
        for name in os.listdir(source):
            self._entry(os.fsencode(name), source, target, path)
        status = os.fstat(source)
        os.fchown(target, status.st_uid, status.st_gid)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        _copy_attributes(source, target)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _entry(self, name: bytes, source: int, target: int, path: bytes) -> None:
        status = os.stat(name, dir_fd=source, follow_symlinks=False)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR:
            os.mkdir(name, 0o700, dir_fd=target)
            above = os.open(name, _OPEN, dir_fd=source)
            try:
                below = os.open(name, _OPEN, dir_fd=target)
                try:
                    self.directory(above, below, path + name + b"/")
                finally:
                    os.close(below)
            finally:
                os.close(above)
            return
        if status.st_nlink > 1:
            key = (status.st_dev, status.st_ino)
            first = self._first.setdefault(key, path + name)
            if first != path + name:
                # By path from the target's root: all its directories were made just now, none is a link.
                os.link(first, name, src_dir_fd=self._root, dst_dir_fd=target, follow_symlinks=False)
                return
        if kind == stat.S_IFREG:
            _file(name, source, target, status)
        elif kind == stat.S_IFLNK:
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        elif kind != stat.S_IFSOCK:
            os.mknod(name, status.st_mode, status.st_rdev, dir_fd=target)
        else:
            return
        if kind != stat.S_IFREG:
            _finish(name, target, status)


def _file(name: bytes, source: int, target: int, status: os.stat_result) -> None:
    above = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=source)
    try:
        below = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=target)
        try:
            _data(above, below, status)
            os.fchown(below, status.st_uid, status.st_gid)
            os.fchmod(below, stat.S_IMODE(status.st_mode))
            _copy_attributes(above, below)
            os.utime(below, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(below)
    finally:
        os.close(above)


def _data(source: int, target: int, status: os.stat_result) -> None:
    """The file's data with its holes: a sparse file of a terabyte must not become a full one."""
    position = 0
    while position < status.st_size:
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
            if copied == 0:
                break
            position += copied
        position = end
    os.ftruncate(target, status.st_size)


def _finish(name: bytes, target: int, status: os.stat_result) -> None:
    os.chown(name, status.st_uid, status.st_gid, dir_fd=target, follow_symlinks=False)
    if not stat.S_ISLNK(status.st_mode):
        os.chmod(name, stat.S_IMODE(status.st_mode), dir_fd=target)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns), dir_fd=target, follow_symlinks=False)


def _copy_attributes(source: int, target: int) -> None:
    for name in os.listxattr(source):
        if name.startswith("trusted.overlay."):
            continue
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM):
                raise
