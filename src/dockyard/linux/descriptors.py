"""Descriptors of this process: closing ranges of them."""

from typing import Final

from dockyard.linux.libc import system_call

_CLOSE_RANGE = 436
_CLOEXEC = 4
_LAST: Final = 0xFFFFFFFF


def close_from(first: int) -> None:
    """Close every descriptor from `first` on."""
    system_call(_CLOSE_RANGE, first, _LAST, 0)


def close_range(first: int, last: int) -> None:
    """Close every descriptor from `first` to `last`, both included; nothing when there are none."""
    if first <= last:
        system_call(_CLOSE_RANGE, first, last, 0)


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor except those of `keep`."""
    first = 0
    for descriptor in sorted(keep):
        close_range(first, descriptor - 1)
        first = descriptor + 1
    close_range(first, _LAST)


def close_on_exec_from(first: int) -> None:
    """Mark every descriptor from `first` on to be closed by execve(2). Linux 5.11."""
    system_call(_CLOSE_RANGE, first, _LAST, _CLOEXEC)
