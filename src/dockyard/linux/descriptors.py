"""Descriptors of this process: closing ranges of them."""

from itertools import pairwise
from typing import Final

from dockyard.linux.libc import LONG, system_call

_close_range = system_call(436, LONG, LONG, LONG)
_CLOEXEC = 4
_LAST: Final = 0xFFFFFFFF


def close_from(first: int) -> None:
    """Close every descriptor from `first` on."""
    _close_range(first, _LAST, 0)


def close_range(first: int, last: int) -> None:
    """Close every descriptor from `first` to `last`, both included; nothing when there are none."""
    if first <= last:
        _close_range(first, last, 0)


def gaps(keep: set[int]) -> list[tuple[int, int]]:
    """The ranges between the descriptors of `keep`, the one above them included: arguments of `close_range`."""
    edges = [-1, *sorted(keep), _LAST + 1]
    return [(before + 1, after - 1) for before, after in pairwise(edges) if after - before > 1]


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor except those of `keep`."""
    for first, last in gaps(keep):
        close_range(first, last)


def close_on_exec_from(first: int) -> None:
    """Mark every descriptor from `first` on to be closed by execve(2). Linux 5.11."""
    _close_range(first, _LAST, _CLOEXEC)
