"""openat2(2): opening a path of which somebody else chose the components.

Two ways of keeping it below a directory: `in_root`, where `/` and `..` mean that directory, as in a chroot; and
`beneath`, where symbolic links and mount points are refused altogether. Needs Linux 5.6.
"""

import ctypes
import errno
import os
from typing import Final

from dockyard.linux.libc import LONG, POINTER, STRING, encoded, system_call

RESOLVE_NO_XDEV: Final = 0x01
RESOLVE_NO_MAGICLINKS: Final = 0x02
RESOLVE_NO_SYMLINKS: Final = 0x04
RESOLVE_BENEATH: Final = 0x08
RESOLVE_IN_ROOT: Final = 0x10

_openat2 = system_call(437, LONG, STRING, POINTER, LONG)
_TRIES = 64
"""The kernel gives EAGAIN when a rename elsewhere makes `..` uncertain; an attacker may provoke it, not for ever."""


class _OpenHow(ctypes.Structure):
    """struct open_how of openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_at(directory: int, path: str | bytes, flags: int, resolve: int, mode: int = 0) -> int:
    """Open `path` from `directory` with RESOLVE_* in `resolve`; close-on-exec. OSError as openat2(2)."""
    how = _OpenHow(flags | os.O_CLOEXEC, mode, resolve)
    raw = encoded(path) or b"."
    for _ in range(_TRIES):
        try:
            return _openat2(directory, raw, ctypes.byref(how), ctypes.sizeof(how))
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EINTR):
                raise
    raise OSError(errno.EAGAIN, f"{os.fsdecode(path)} keeps changing while it is opened")


def in_root(root: int, path: str, flags: int = os.O_PATH, mode: int = 0) -> int:
    """Open `path` as a process would whose root is the directory `root`. Links of /proc/self/fd's kind are refused."""
    return open_at(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, mode)


def beneath(directory: int, path: str, flags: int = os.O_PATH) -> int:
    """Open `path` below `directory` through plain directories of the same mount; anything else is an error."""
    resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV
    return open_at(directory, path, flags, resolve)
