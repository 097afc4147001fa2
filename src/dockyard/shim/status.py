"""The states of a container as its shim sees it, and the moves between them.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#state, and `paused`, as runc has it.
"""

from enum import Enum

from dockyard.errors import Conflict


class Status(Enum):
    """Where in its life the container is."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


_MOVES = {
    Status.CREATED: (Status.RUNNING, Status.STOPPED),
    Status.RUNNING: (Status.PAUSED, Status.STOPPED),
    Status.PAUSED: (Status.RUNNING, Status.STOPPED),
    Status.STOPPED: (),
}


def check_move(container_id: str, present: Status, wanted: Status) -> None:
    """Conflict, which names both states, when `wanted` can't follow `present`."""
    if wanted not in _MOVES[present]:
        raise Conflict(f"container {container_id} is {present.value}: it can't become {wanted.value}")
