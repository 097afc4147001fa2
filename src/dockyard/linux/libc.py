"""The C library, and system calls that it has no function for.

Everything here raises OSError with the kernel's errno. Numbers of system calls from 424 on are the same on every
architecture; the few older ones are in `NUMBERS`.
"""

import ctypes
import os
from collections.abc import Callable
from typing import Any, Final

LIBC: Final = ctypes.CDLL(None, use_errno=True)
"""The C library of this process. Calls through it let other threads run."""

NUMBERS: Final[dict[str, dict[str, int]]] = {
    "x86_64": {
        "keyctl": 250,
        "ioprio_set": 251,
        "ioprio_get": 252,
        "sched_setattr": 314,
        "sched_getattr": 315,
        "bpf": 321,
    },
    "aarch64": {
        "keyctl": 219,
        "ioprio_set": 30,
        "ioprio_get": 31,
        "sched_setattr": 274,
        "sched_getattr": 275,
        "bpf": 280,
    },
    "riscv64": {
        "keyctl": 219,
        "ioprio_set": 30,
        "ioprio_get": 31,
        "sched_setattr": 274,
        "sched_getattr": 275,
        "bpf": 280,
    },
}
"""Older system calls by machine, as uname(2) names it: include/uapi/asm-generic/unistd.h, syscall_64.tbl."""

LONG: Final = ctypes.c_long
STRING: Final = ctypes.c_char_p
POINTER: Final = ctypes.c_void_p
"""Types of arguments for `system_call`: integers and descriptors, bytes or None, ctypes.byref(…) or None."""


def call(function: Any, *arguments: Any) -> int:
    """The result of a C function that returns -1 with errno; OSError when it does."""
    result: int = function(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(number: int, *types: Any) -> Callable[..., int]:
    """A function that makes system call `number` with arguments of `types`; it raises OSError when the call fails.

    To be made when a module is imported: types that are known beforehand cost a fifth of those that are found out at
    each call, and a child after a fork finds the function ready.
    """
    function = LIBC["syscall"]  # an object of its own, with types of its own
    function.restype = LONG
    function.argtypes = (LONG, *types)

    def call_it(*arguments: Any) -> int:
        result: int = function(number, *arguments)
        if result == -1:
            failure = ctypes.get_errno()
            raise OSError(failure, os.strerror(failure))
        return result

    return call_it


def older_system_call(name: str, *types: Any) -> Callable[..., int]:
    """As `system_call`, for one of `NUMBERS`; the function raises OSError (ENOSYS) where its number isn't known."""
    number = NUMBERS.get(os.uname().machine, {}).get(name)
    return system_call(-1 if number is None else number, *types)  # the kernel answers ENOSYS to -1


def encoded(path: str | bytes) -> bytes:
    """`path` as the kernel takes it; ValueError when it holds a null byte, which would cut it short."""
    raw = os.fsencode(path)
    if b"\0" in raw:
        raise ValueError("embedded null byte")
    return raw


def reason(error: OSError) -> str:
    """What the kernel said, as Go's syscall.Errno writes it: `no such file or directory`."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
