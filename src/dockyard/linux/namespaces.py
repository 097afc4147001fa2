"""Namespaces: unshare(2) and setns(2)."""

import ctypes
from typing import Final

from dockyard.linux.libc import LIBC, call

CLONE_NEWTIME: Final = 0x80
CLONE_NEWNS: Final = 0x20000
CLONE_NEWCGROUP: Final = 0x2000000
CLONE_NEWUTS: Final = 0x4000000
CLONE_NEWIPC: Final = 0x8000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

FLAGS: Final = {
    "user": CLONE_NEWUSER,
    "cgroup": CLONE_NEWCGROUP,
    "ipc": CLONE_NEWIPC,
    "uts": CLONE_NEWUTS,
    "network": CLONE_NEWNET,
    "pid": CLONE_NEWPID,
    "time": CLONE_NEWTIME,
    "mount": CLONE_NEWNS,
}
"""Flag by the name that the runtime-spec uses, in the order in which they are joined: user first, mount last."""

FILES: Final = {
    "user": "user",
    "cgroup": "cgroup",
    "ipc": "ipc",
    "uts": "uts",
    "network": "net",
    "pid": "pid",
    "time": "time",
    "mount": "mnt",
}
"""Name of the file in /proc/PID/ns by the runtime-spec's name."""

LIBC.unshare.argtypes = [ctypes.c_int]
LIBC.setns.argtypes = [ctypes.c_int, ctypes.c_int]


def unshare(flags: int) -> None:
    """Put this process into new namespaces (pid and time: its children). OSError as unshare(2)."""
    call(LIBC.unshare, flags)


def setns(descriptor: int, flags: int) -> None:
    """Join the namespace of `descriptor`, or those of `flags` of the process whose pidfd it is. OSError as setns(2)."""
    call(LIBC.setns, descriptor, flags)
