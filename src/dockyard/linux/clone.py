"""clone3(2): a fork that is born in new namespaces, in a cgroup, and with a pidfd.

The child returns from the same call as the parent, as with os.fork. Python's interpreter is told before and after, as
os.fork does, through the stable C API. What the C library does in fork() besides (the locks of other threads) doesn't
matter, because the caller must have one thread only; threading can't be used in the child. The one exception is a
shim's thread that writes a log (dockyard.shim.ring_log): the child never touches that log.
"""

import ctypes
import os
import signal
from typing import Final, NamedTuple

CLONE_PIDFD: Final = 0x1000
CLONE_PARENT: Final = 0x8000
CLONE_INTO_CGROUP: Final = 0x200000000

_CLONE3 = 435
_PYTHON = ctypes.PyDLL(None, use_errno=True)
"""As libc.LIBC, but without giving up the interpreter lock: nothing may happen between the calls."""
_PYTHON.syscall.restype = ctypes.c_long
_PYTHON.syscall.argtypes = (ctypes.c_long, ctypes.c_void_p, ctypes.c_long)
_PYTHON.PyOS_BeforeFork.restype = _PYTHON.PyOS_AfterFork_Parent.restype = _PYTHON.PyOS_AfterFork_Child.restype = None


class _CloneArgs(ctypes.Structure):
    """struct clone_args of clone3(2)."""

    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in (
            "flags",
            "pidfd",
            "child_tid",
            "parent_tid",
            "exit_signal",
            "stack",
            "stack_size",
            "tls",
            "set_tid",
            "set_tid_size",
            "cgroup",
        )
    )


class Child(NamedTuple):
    """A new process: `pid` as the caller counts, and a descriptor of it, close-on-exec."""

    pid: int
    pidfd: int


def fork_into(flags: int = 0, cgroup: int | None = None) -> Child | None:
    """Fork. The parent gets the child, the child None.

    `flags` are CLONE_NEW* and CLONE_PARENT; `cgroup` is a descriptor of a cgroup v2 directory to be born in. The caller
    has one thread. OSError as clone3(2).
    """
    pidfd = ctypes.c_int(-1)
    record = _CloneArgs(flags=flags | CLONE_PIDFD, pidfd=ctypes.addressof(pidfd), exit_signal=signal.SIGCHLD)
    if flags & CLONE_PARENT:
        record.exit_signal = 0  # it is the parent's own that is used
    if cgroup is not None:
        record.flags |= CLONE_INTO_CGROUP
        record.cgroup = cgroup
    arguments = (_CLONE3, ctypes.byref(record), ctypes.sizeof(record))
    _PYTHON.PyOS_BeforeFork()
    pid: int = _PYTHON.syscall(*arguments)
    if pid == 0:
        _PYTHON.PyOS_AfterFork_Child()
        return None
    number = ctypes.get_errno()
    _PYTHON.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(number, os.strerror(number))
    return Child(pid, pidfd.value)
