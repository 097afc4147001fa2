"""Filling a new tmpfs with what it is about to hide: the mount option tmpcopyup.

Both sides are descriptors and no symbolic link is followed; the content is the image's, so nothing in it is trusted.
"""

import os
import stat

_CHUNK = 1 << 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def copy(source: int, target: int) -> None:
    """Copy everything below the directory `source` into the directory `target`, with owners, modes, times and xattrs.

    Both are O_PATH or ordinary descriptors of directories. OSError.
    """
    from_ = os.open(".", _DIRECTORY, dir_fd=source)
    to = os.open(".", _DIRECTORY, dir_fd=target)
    try:
        _directory(from_, to)
    finally:
        os.close(from_)
        os.close(to)


def _directory(from_: int, to: int) -> None:
    for name in os.listdir(from_):
        status = os.stat(name, dir_fd=from_, follow_symlinks=False)
        mode = status.st_mode
        if stat.S_ISDIR(mode):
            os.mkdir(name, 0o700, dir_fd=to)
            below_from, below_to = os.open(name, _DIRECTORY, dir_fd=from_), os.open(name, _DIRECTORY, dir_fd=to)
            try:
                _directory(below_from, below_to)
                _attributes(below_from, below_to)
                os.fchown(below_to, status.st_uid, status.st_gid)
                os.fchmod(below_to, stat.S_IMODE(mode))
                os.utime(below_to, ns=(status.st_atime_ns, status.st_mtime_ns))
            finally:
                os.close(below_from)
                os.close(below_to)
        elif stat.S_ISREG(mode):
            _file(name, from_, to, status)
        elif stat.S_ISLNK(mode):
            os.symlink(os.readlink(name, dir_fd=from_), name, dir_fd=to)
            os.chown(name, status.st_uid, status.st_gid, dir_fd=to, follow_symlinks=False)
        else:
            os.mknod(name, mode, status.st_rdev, dir_fd=to)
            os.chown(name, status.st_uid, status.st_gid, dir_fd=to, follow_symlinks=False)
            os.chmod(name, stat.S_IMODE(mode), dir_fd=to)


def _file(name: str, from_: int, to: int, status: os.stat_result) -> None:
    source = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=from_)
    target = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=to)
    try:
        while data := os.read(source, _CHUNK):
            view = memoryview(data)
            while view:
                view = view[os.write(target, view) :]
        os.fchown(target, status.st_uid, status.st_gid)
        os.fchmod(target, stat.S_IMODE(status.st_mode))
        _attributes(source, target)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    finally:
        os.close(source)
        os.close(target)


def _attributes(source: int, target: int) -> None:
    """Extended attributes as far as the tmpfs takes them (user ones since Linux 6.6)."""
    for name in os.listxattr(source):
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError:
            continue
