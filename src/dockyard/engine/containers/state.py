"""The life of a container as one enum and one table of the moves that are allowed.

    created ──start──► running ──pause──► paused
       │                │  ▲  └──────────────┘ unpause
       │                │  └─start─ exited ◄─exit─ running, paused
       │                └──exit, then policy──► restarting ──start──► running
       └────────────remove────────► removing ──fails──► dead ──remove──► removing

`docker ps` shows these names (Engine API: ContainerState.Status).
"""

import enum

from dockyard.errors import Conflict


class Status(enum.StrEnum):
    """Where a container is in its life."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


MOVES: dict[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.RUNNING, Status.EXITED, Status.REMOVING}),
    Status.RUNNING: frozenset({Status.PAUSED, Status.EXITED, Status.RESTARTING}),
    Status.PAUSED: frozenset({Status.RUNNING, Status.EXITED, Status.RESTARTING}),
    Status.RESTARTING: frozenset({Status.RUNNING, Status.EXITED, Status.REMOVING}),
    Status.EXITED: frozenset({Status.RUNNING, Status.REMOVING, Status.EXITED}),
    Status.REMOVING: frozenset({Status.DEAD}),
    Status.DEAD: frozenset({Status.REMOVING}),
}

ALIVE = frozenset({Status.RUNNING, Status.PAUSED})
"""The container has a process."""


def check_move(container_id: str, before: Status, after: Status) -> None:
    """Raises Conflict, naming both states, when a container may not go from `before` to `after`."""
    if after not in MOVES[before]:
        raise Conflict(f"container {container_id} can't go from {before} to {after}")
