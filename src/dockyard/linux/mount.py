"""mount(2), umount2(2) and pivot_root(2)."""

import ctypes
from typing import Final

from dockyard.linux.libc import LIBC, call, encoded

MS_RDONLY: Final = 0x1
MS_NOSUID: Final = 0x2
MS_NODEV: Final = 0x4
MS_NOEXEC: Final = 0x8
MS_SYNCHRONOUS: Final = 0x10
MS_REMOUNT: Final = 0x20
MS_MANDLOCK: Final = 0x40
MS_DIRSYNC: Final = 0x80
MS_NOSYMFOLLOW: Final = 0x100
MS_NOATIME: Final = 0x400
MS_NODIRATIME: Final = 0x800
MS_BIND: Final = 0x1000
MS_MOVE: Final = 0x2000
MS_REC: Final = 0x4000
MS_SILENT: Final = 0x8000
MS_UNBINDABLE: Final = 0x20000
MS_PRIVATE: Final = 0x40000
MS_SLAVE: Final = 0x80000
MS_SHARED: Final = 0x100000
MS_RELATIME: Final = 0x200000
MS_I_VERSION: Final = 0x800000
MS_STRICTATIME: Final = 0x1000000
MS_LAZYTIME: Final = 0x2000000

MNT_FORCE: Final = 1
MNT_DETACH: Final = 2
MNT_EXPIRE: Final = 4
UMOUNT_NOFOLLOW: Final = 8

LIBC.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
LIBC.umount2.argtypes = [ctypes.c_char_p, ctypes.c_int]
LIBC.pivot_root.argtypes = [ctypes.c_char_p, ctypes.c_char_p]


def mount(source: str | None, target: str, fstype: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """Mount `source` at `target`, or change the mount there (`flags` of MS_*). OSError as mount(2)."""
    call(
        LIBC.mount,
        None if source is None else encoded(source),
        encoded(target),
        None if fstype is None else encoded(fstype),
        flags,
        None if data is None else encoded(data),
    )


def umount(target: str, flags: int = 0) -> None:
    """Unmount what is at `target`; a symbolic link at its end is not followed. OSError as umount2(2)."""
    call(LIBC.umount2, encoded(target), flags | UMOUNT_NOFOLLOW)


def pivot_root(new_root: str, put_old: str) -> None:
    """Make `new_root` the root of this mount namespace and move the old one to `put_old`. OSError as pivot_root(2)."""
    call(LIBC.pivot_root, encoded(new_root), encoded(put_old))
