"""Capabilities of this process: capset(2), capget(2), the bounding and the ambient set. capabilities(7)."""

import ctypes
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from dockyard.linux.libc import LIBC, call
from dockyard.linux.process import prctl

NAMES: Final = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
)
"""Name by number: include/uapi/linux/capability.h."""

NUMBERS: Final = {name: number for number, name in enumerate(NAMES)}

_VERSION_3 = 0x20080522
_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_PR_CAP_AMBIENT, _RAISE, _CLEAR_ALL = 47, 2, 4


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


LIBC.capget.argtypes = LIBC.capset.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
_Halves = _Data * 2
"""The kernel's sets come in two parts of 32 bits."""


def mask_of(names: tuple[str, ...]) -> int:
    """The bits of `names`. KeyError for a name that isn't one."""
    mask = 0
    for name in names:
        mask |= 1 << NUMBERS[name]
    return mask


def own() -> tuple[int, int, int]:
    """The effective, permitted and inheritable set of this process as bits."""
    data = _Halves()
    call(LIBC.capget, ctypes.byref(_Header(_VERSION_3, 0)), data)
    low, high = data
    return (
        low.effective | high.effective << 32,
        low.permitted | high.permitted << 32,
        low.inheritable | high.inheritable << 32,
    )


def set_own(effective: int, permitted: int, inheritable: int) -> None:
    """Set the three sets of this process. OSError (EPERM) when more is asked than there is."""
    function, arguments = prepared(effective, permitted, inheritable)
    function(*arguments)


def prepared(effective: int, permitted: int, inheritable: int) -> tuple[Callable[..., int], tuple[Any, ...]]:
    """What `set_own` does, as a function and its arguments, to be called by a child after a fork."""
    low = 0xFFFFFFFF
    data = _Halves(
        _Data(effective & low, permitted & low, inheritable & low),
        _Data(effective >> 32, permitted >> 32, inheritable >> 32),
    )
    return call, (LIBC.capset, ctypes.byref(_Header(_VERSION_3, 0)), data)


def bounding_drops(keep: int) -> list[tuple[int, int]]:
    """Arguments of the prctl(2) calls that drop from the bounding set all that isn't in the bits `keep`.

    They fail with OSError (EPERM) without CAP_SETPCAP.
    """
    dropped = known() & ~keep
    return [(_PR_CAPBSET_DROP, number) for number in range(dropped.bit_length()) if dropped >> number & 1]


def set_ambient(mask: int) -> None:
    """Make the ambient set the bits `mask`, which must be permitted and inheritable."""
    prctl(_PR_CAP_AMBIENT, _CLEAR_ALL)
    for number in range(len(NAMES)):
        if mask >> number & 1:
            prctl(_PR_CAP_AMBIENT, _RAISE, number)


@lru_cache(maxsize=1)
def known() -> int:
    """The bits of all capabilities that this kernel knows."""
    mask = 0
    for number in range(64):
        try:
            prctl(_PR_CAPBSET_READ, number)
        except OSError:
            break
        mask |= 1 << number
    return mask
