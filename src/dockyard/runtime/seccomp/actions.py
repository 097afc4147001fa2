"""Words of a seccomp profile, and the numbers that they are for the kernel and libseccomp.

The kernel's return values (linux/seccomp.h) and libseccomp's SCMP_ACT_* are the same numbers.
https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
"""

import errno
from typing import Final

from dockyard.errors import InvalidParameter, NotImplementedYet

_ERRNO: Final = 0x00050000
_TRACE: Final = 0x7FF00000

ACTIONS: Final[dict[str, int]] = {
    "SCMP_ACT_ALLOW": 0x7FFF0000,
    "SCMP_ACT_ERRNO": _ERRNO,
    "SCMP_ACT_KILL": 0x00000000,
    "SCMP_ACT_KILL_PROCESS": 0x80000000,
    "SCMP_ACT_KILL_THREAD": 0x00000000,
    "SCMP_ACT_LOG": 0x7FFC0000,
    "SCMP_ACT_NOTIFY": 0x7FC00000,
    "SCMP_ACT_TRACE": _TRACE,
    "SCMP_ACT_TRAP": 0x00030000,
}

OPERATORS: Final[dict[str, int]] = {
    "SCMP_CMP_NE": 1,
    "SCMP_CMP_LT": 2,
    "SCMP_CMP_LE": 3,
    "SCMP_CMP_EQ": 4,
    "SCMP_CMP_GE": 5,
    "SCMP_CMP_GT": 6,
    "SCMP_CMP_MASKED_EQ": 7,
}

ENOSYS_RETURN: Final = _ERRNO | errno.ENOSYS

_PERMISSIVE: Final = ("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE")


def action_value(name: str, errno_return: int | None) -> int:
    """The 32-bit return value of a filter for the action `name`.

    Args:
        name: one of `ACTIONS`.
        errno_return: the low 16 bits for SCMP_ACT_ERRNO and SCMP_ACT_TRACE (default EPERM); the spec gives the others
            none, and runc ignores it there.

    Raises:
        InvalidParameter: the name is not known.
        NotImplementedYet: SCMP_ACT_NOTIFY, which needs an agent outside of the runtime.
    """
    value = ACTIONS.get(name)
    if value is None:
        raise InvalidParameter(f"string {name} is not a valid action for seccomp")
    if name == "SCMP_ACT_NOTIFY":
        raise NotImplementedYet("seccomp action SCMP_ACT_NOTIFY is not supported")
    if value in (_ERRNO, _TRACE):
        value |= (errno.EPERM if errno_return is None else errno_return) & 0xFFFF
    return value


def operator_value(name: str) -> int:
    """libseccomp's number of the comparison `name`; InvalidParameter when it is not one."""
    value = OPERATORS.get(name)
    if value is None:
        raise InvalidParameter(f"string {name} is not a valid operator for seccomp")
    return value


def is_permissive(name: str) -> bool:
    """Whether a default action lets a call through: then a call that nobody knows needs no ENOSYS from us."""
    return name in _PERMISSIVE
