"""Who this process is to file systems: setfsuid(2), setfsgid(2).

A mount whose owners are mapped takes orders only from ids that the mapping has, and the host's root isn't among them.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from dockyard.linux import capabilities
from dockyard.linux.libc import LIBC

LIBC.setfsuid.argtypes = LIBC.setfsgid.argtypes = (ctypes.c_uint,)


@contextmanager
def acting_as(uid: int, gid: int) -> Iterator[None]:
    """For the block, be `uid` and `gid` to file systems, with all rights that root has there. OSError.

    For a process with one thread, whose ids are 0.
    """
    effective, permitted, inheritable = capabilities.own()
    LIBC.setfsgid(gid)
    LIBC.setfsuid(uid)  # takes the rights over files away, which come back from the permitted ones
    try:
        capabilities.set_own(permitted, permitted, inheritable)
        yield
    finally:
        LIBC.setfsuid(0)
        LIBC.setfsgid(0)
        capabilities.set_own(effective, permitted, inheritable)
