"""Threads for what blocks: how the engine gives them to the stores."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class RunInThread(Protocol):
    """Runs a function in a thread of its own: `await run(function, *arguments)`."""

    def __call__(self, work: Callable[..., Result], /, *arguments: object) -> Awaitable[Result]:
        """What `work` returns or raises."""
