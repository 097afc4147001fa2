"""Synchronous work whose pace a client sets, such as an archive that it reads or sends: in a thread of its own.

asyncio's common threads are few (its default executor has one for each CPU, and four) and everybody needs them for
short work. A client that stops reading half-way would keep one of them for as long as it likes; half a dozen such
clients would stop the whole daemon.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from dockyard.errors import SystemFailure

Item = TypeVar("Item")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

AHEAD = 16
"""How many items the thread may be ahead of the reader."""

_END = object()


async def run_in_own_thread(
    work: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """What `work` returns or raises, as asyncio.to_thread has it, but in a thread of its own.

    When the caller is cancelled the thread goes on, unseen. It doesn't keep the process from ending.
    """
    return await _start(lambda: work(*arguments, **named))


def _start(work: Callable[[], Result]) -> "asyncio.Future[Result]":
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[Result] = loop.create_future()

    def settle(set_outcome: Callable[[Any], None], outcome: object) -> None:
        if not finished.done():
            set_outcome(outcome)

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            tell(finished.set_exception, error)
        else:
            tell(finished.set_result, result)

    def tell(set_outcome: Callable[[Any], None], outcome: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(settle, set_outcome, outcome)

    try:
        threading.Thread(target=run, name="client-paced", daemon=True).start()
    except RuntimeError as error:
        raise SystemFailure(f"starting a thread: {error}") from error
    return finished


async def iterate_in_thread(items: Iterable[Item]) -> AsyncGenerator[Item, None]:
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

    finished = _start(work)
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
