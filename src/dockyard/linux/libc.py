"""The C library, and system calls that it has no function for.

Everything here raises OSError with the kernel's errno. Numbers of system calls from 424 on are the same on every
architecture; the few older ones are in `NUMBERS`.
"""

import ctypes
import os
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

LIBC.syscall.restype = ctypes.c_long


def call(function: Any, *arguments: Any) -> int:
    """The result of a C function that returns -1 with errno; OSError when it does."""
    result: int = function(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(number: int, *arguments: Any) -> int:
    """System call `number`; integers are passed as long, bytes as pointers. OSError when it fails."""
    return call(
        LIBC.syscall, *[ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments)]
    )


def number_of(name: str) -> int:
    """Number of the system call `name` of `NUMBERS` on this machine; OSError (ENOSYS) where it isn't known."""
    machine = os.uname().machine
    try:
        return NUMBERS[machine][name]
    except KeyError:
        raise OSError(38, f"system call {name} is not known on {machine}") from None


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
