"""Signal handlers without the enumerations of the `signal` module.

`signal.signal` turns numbers into enumeration members and back; in a process that has just been forked this alone
makes 200 KB of shared memory its own. The functions below it do the same and touch nothing.
"""

import _signal  # type: ignore[import-not-found,unused-ignore]
from collections.abc import Callable
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]


def handle(number: int, handler: Handler) -> None:
    """Call `handler` when signal `number` arrives; execve(2) resets it to the default."""
    _signal.signal(number, handler)


def reset(number: int) -> None:
    """Give signal `number` its default action."""
    _signal.signal(number, _signal.SIG_DFL)


def ignore(number: int) -> None:
    """Ignore signal `number`; execve(2) keeps that."""
    _signal.signal(number, _signal.SIG_IGN)


def write_arrivals_to(descriptor: int) -> None:
    """Write the number of each signal that arrives to a non-blocking `descriptor`; -1 for none."""
    _signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
