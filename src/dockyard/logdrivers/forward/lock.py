"""The lock by which one forwarder serves a directory of spools, and others see that it lives.

A lock of the process (fcntl(2), F_SETLK), which the kernel gives back when the process ends, however it ends.
"""

import fcntl
import os
import struct

_FLOCK = struct.Struct("hhqqi4x")
"""struct flock of 64-bit Linux: type, whence, start, length, pid."""


def take(path: str) -> int | None:
    """Take the lock on the file at `path`, made if it isn't there: its descriptor; None when it is taken. OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def holder(path: str) -> int:
    """The pid of who holds the lock on the file at `path`; 0 for nobody."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    finally:
        os.close(descriptor)
    kind, _, _, _, pid = _FLOCK.unpack(answer)
    return 0 if kind == fcntl.F_UNLCK else pid
