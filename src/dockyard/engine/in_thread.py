"""Slow synchronous generators, such as unpacking an archive, as asynchronous ones: in a thread, with back-pressure."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

Item = TypeVar("Item")

AHEAD = 16
"""How many items the thread may be ahead of the reader."""

_END = object()


async def iterate_in_thread(items: Iterable[Item]) -> AsyncIterator[Item]:
    """The items of `items`, which is iterated in a thread of its own.

    When the reader stops early, the generator is closed in its thread (its `finally` runs) before this returns.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[object] = asyncio.Queue()
    room = threading.Semaphore(AHEAD)
    stopped = threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                room.acquire()
                if stopped.is_set():
                    break
                loop.call_soon_threadsafe(queue.put_nowait, item)
        except BaseException as error:
            failure.append(error)
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
            loop.call_soon_threadsafe(queue.put_nowait, _END)

    finished = loop.run_in_executor(None, work)
    try:
        while (item := await queue.get()) is not _END:
            room.release()
            yield item  # type: ignore[misc]
        if failure:
            raise failure[0]
    finally:
        stopped.set()
        room.release()
        await asyncio.shield(finished)
