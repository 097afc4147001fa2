"""seccomp(2): put a finished filter on the calling thread.

The last step of a container's process before execve: what comes after it must be allowed by the filter itself. The
program is made elsewhere (`dockyard.runtime.seccomp`); this module neither builds nor reads filters.

https://man7.org/linux/man-pages/man2/seccomp.2.html
"""

import ctypes
import os
from collections.abc import Callable
from typing import Any, Final

from dockyard.linux.libc import LONG, POINTER, system_call

SET_MODE_FILTER: Final = 1
FLAG_LOG: Final = 1 << 1
FLAG_SPEC_ALLOW: Final = 1 << 2

INSTRUCTION_SIZE_BYTES: Final = 8
"""`struct sock_filter`: code (16 bits), jump if true, jump if false (8 bits each), operand (32 bits)."""

MAX_INSTRUCTIONS: Final = 4096
"""BPF_MAXINSNS: the kernel takes no longer program."""

# asm/unistd.h, by what uname(2) calls the machine.
_CALL_NUMBER: Final = {
    "x86_64": 317,
    "aarch64": 277,
    "riscv64": 277,
    "loongarch64": 277,
    "armv7l": 383,
    "armv8l": 383,
    "i386": 354,
    "i686": 354,
    "ppc64le": 358,
    "ppc64": 358,
    "s390x": 348,
    "mips64": 5312,
}


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


_seccomp: Final = system_call(_CALL_NUMBER.get(os.uname().machine, -1), LONG, LONG, POINTER)


def install(program: bytes, flags: int) -> None:
    """Put the filter on the calling thread; it cannot be taken off again and is inherited by fork and execve.

    Preconditions: CAP_SYS_ADMIN in the thread's user namespace, or no_new_privs set.

    Args:
        program: classic BPF instructions of 8 bytes each, in host byte order, 1 to 4096 of them.
        flags: SECCOMP_FILTER_FLAG_* bits; 0, `FLAG_LOG`, `FLAG_SPEC_ALLOW` or both.

    Raises:
        OSError: the kernel refused: EACCES without the preconditions, EINVAL for a bad program or flag, ENOSYS for a
            kernel or machine without seccomp(2).
    """
    function, arguments = prepared(program, flags)
    function(*arguments)


def prepared(program: bytes, flags: int) -> tuple[Callable[..., int], tuple[Any, ...]]:
    """What `install` does, as a function and its arguments, to be called by a child after a fork."""
    argument = _Program(len(program) // INSTRUCTION_SIZE_BYTES, program)
    return _seccomp, (SET_MODE_FILTER, flags, ctypes.byref(argument))
