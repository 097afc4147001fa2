"""Work in a thread on what nobody else may touch meanwhile."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


async def finished(work: Callable[Arguments, Value], *arguments: Arguments.args, **options: Arguments.kwargs) -> Value:
    """`work` in a thread. Who is cancelled waits for its end: the thread goes on, and would work on a directory that
    others are given meanwhile."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *arguments, **options))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        raise
