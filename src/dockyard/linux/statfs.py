"""Which file system a descriptor is on: fstatfs(2), whose type os.fstatvfs leaves out."""

import ctypes
from typing import Final

from dockyard.linux.libc import LIBC, call

PROC: Final = 0x9FA0
SYSFS: Final = 0x62656572
DEVPTS: Final = 0x1CD1
TMPFS: Final = 0x01021994
CGROUP_V1: Final = 0x27E0EB
CGROUP_V2: Final = 0x63677270
NSFS: Final = 0x6E736673

LIBC.fstatfs.argtypes = [ctypes.c_int, ctypes.c_void_p]
LIBC.statfs.argtypes = [ctypes.c_char_p, ctypes.c_void_p]


def filesystem_type(place: int | str) -> int:
    """The magic number of the file system of a descriptor or path, to compare with the constants of this module."""
    record = (ctypes.c_long * 32)()
    if isinstance(place, str):
        call(LIBC.statfs, place.encode(), record)
    else:
        call(LIBC.fstatfs, place, record)
    return record[0]
