"""Resource limits: setrlimit(2)."""

import resource
from typing import Final

NUMBERS: Final = {
    "RLIMIT_AS": resource.RLIMIT_AS,
    "RLIMIT_CORE": resource.RLIMIT_CORE,
    "RLIMIT_CPU": resource.RLIMIT_CPU,
    "RLIMIT_DATA": resource.RLIMIT_DATA,
    "RLIMIT_FSIZE": resource.RLIMIT_FSIZE,
    "RLIMIT_LOCKS": 10,
    "RLIMIT_MEMLOCK": resource.RLIMIT_MEMLOCK,
    "RLIMIT_MSGQUEUE": resource.RLIMIT_MSGQUEUE,
    "RLIMIT_NICE": resource.RLIMIT_NICE,
    "RLIMIT_NOFILE": resource.RLIMIT_NOFILE,
    "RLIMIT_NPROC": resource.RLIMIT_NPROC,
    "RLIMIT_RSS": resource.RLIMIT_RSS,
    "RLIMIT_RTPRIO": resource.RLIMIT_RTPRIO,
    "RLIMIT_RTTIME": 15,
    "RLIMIT_SIGPENDING": resource.RLIMIT_SIGPENDING,
    "RLIMIT_STACK": resource.RLIMIT_STACK,
}
"""Number by name: getrlimit(2)."""

UNLIMITED: Final = (1 << 64) - 1


def set_own(name: str, soft: int, hard: int) -> None:
    """Set the limit `name` of this process; UNLIMITED for none.

    Where the hard limit may not be raised (no CAP_SYS_RESOURCE), both are clamped to the present hard limit: a
    container that wanted more files than its host has still starts. OSError otherwise.
    """
    number = NUMBERS[name]
    try:
        resource.setrlimit(number, (_signed(soft), _signed(hard)))
    except (ValueError, PermissionError):
        ceiling = resource.getrlimit(number)[1] & UNLIMITED
        hard = min(hard, ceiling)
        resource.setrlimit(number, (_signed(min(soft, hard)), _signed(hard)))


def _signed(limit: int) -> int:
    """The limit as the resource module takes it: -1 for none."""
    return -1 if limit >= UNLIMITED else limit
