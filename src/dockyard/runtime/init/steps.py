"""What a forked process does on the way to its program, as a list that was made before the fork.

A page that the child writes to is copied first (about 2 µs), and Python writes to the page of each function, code
object and value that it uses, for it counts references. An exec'd process that worked out its way by itself copied 480
pages; so its parent does that, and what is left to the child is to call functions that are at hand with arguments that
are made: docs/adr/0012-steps-made-before-the-fork.md.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason


class Step(NamedTuple):
    """One call; when it raises OSError that becomes a SystemFailure of `failure` and the reason. Other errors pass."""

    failure: str
    call: Callable[..., object]
    arguments: tuple[Any, ...] = ()


def take(steps: Iterable[Step]) -> None:
    """Take the steps in their order. SystemFailure, and what a step itself raises."""
    for failure, call, arguments in steps:
        try:
            call(*arguments)
        except OSError as error:
            raise SystemFailure(f"{failure}: {reason(error)}") from error
