"""`wait`: until a container has ended or is gone (Engine API: POST /containers/{id}/wait, condition)."""

import asyncio

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.state import Status
from dockyard.errors import InvalidParameter

CONDITIONS = ("", "not-running", "next-exit", "removed")


def waiting(entry: Entry, condition: str) -> "asyncio.Future[Container]":
    """What to wait for, decided now: an exit that comes before the caller waits isn't missed.

    Raises InvalidParameter for a condition that doesn't exist.
    """
    if condition not in CONDITIONS:
        raise InvalidParameter(f'invalid condition: "{condition}"')
    if condition == "removed":
        return entry.removed
    state = entry.record.state
    if condition == "next-exit" or state.running or state.status is Status.RESTARTING:
        return entry.next_exit
    done: asyncio.Future[Container] = asyncio.get_running_loop().create_future()
    done.set_result(entry.record)
    return done


async def exit_code(ended: "asyncio.Future[Container]") -> int:
    """Waits for what `waiting` decided; a cancelled waiter leaves the others waiting.

    A start that failed is no error of the wait: who started has been told, and the exit code is 126, 127 or 128.
    """
    return (await asyncio.shield(ended)).state.exit_code
