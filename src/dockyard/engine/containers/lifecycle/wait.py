"""`wait`: until a container has ended or is gone (Engine API: POST /containers/{id}/wait, condition)."""

import asyncio
from dataclasses import dataclass

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.record import Container
from dockyard.errors import InvalidParameter

CONDITIONS = ("", "not-running", "next-exit", "removed")


@dataclass(frozen=True, slots=True)
class WaitResult:
    """How the container ended; `error` is empty unless the end was not its own."""

    exit_code: int
    error: str = ""


def waiting(entry: Entry, condition: str) -> "asyncio.Future[Container]":
    """What to wait for, decided now: an exit that comes before the caller waits isn't missed.

    Raises InvalidParameter for a condition that doesn't exist.
    """
    if condition not in CONDITIONS:
        raise InvalidParameter(f'invalid condition: "{condition}"')
    if condition == "removed":
        return entry.removed
    if condition == "next-exit" or entry.record.state.running:
        return entry.next_exit
    done: asyncio.Future[Container] = asyncio.get_running_loop().create_future()
    done.set_result(entry.record)
    return done


async def result(ended: "asyncio.Future[Container]") -> WaitResult:
    """Waits for what `waiting` decided; a cancelled waiter leaves the others waiting."""
    record = await asyncio.shield(ended)
    return WaitResult(record.state.exit_code, record.state.error)
