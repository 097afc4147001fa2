"""`events`: resource usage of a container, once or again and again, and that it ran out of memory; JSON, one a line.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-events.8.md
"""

import json
import select
import time
from collections.abc import Sequence
from typing import Any, Final

from dockyard.cgroups import OomWatch
from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.usage import usage_document
from dockyard.errors import Conflict, InvalidParameter
from dockyard.runtime.container_events import stats, watch_oom
from dockyard.runtime.container_state import STOPPED, ContainerState, load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Print usage once with --stats, else until the container has ended."""
    interval_seconds: float = values["interval"]
    if interval_seconds <= 0:
        raise InvalidParameter("duration interval must be greater than 0")
    container = load(invocation.root, arguments[0])
    if container.status() == STOPPED:
        raise Conflict(f"container with id {container.id} is not running")
    if values["stats"]:
        _print(invocation, container, "stats", usage_document(stats(container)))
        return 0
    watch = watch_oom(container)
    try:
        _follow(invocation, container, watch, interval_seconds)
    finally:
        watch.close()
    return 0


def _follow(invocation: Invocation, container: ContainerState, watch: OomWatch, interval_seconds: float) -> None:
    poll = select.poll()
    poll.register(watch.fileno(), watch.poll_events)
    due = time.monotonic()
    while container.status() != STOPPED:
        remaining = due - time.monotonic()
        if remaining <= 0:
            _print(invocation, container, "stats", usage_document(stats(container)))
            due = time.monotonic() + interval_seconds
        # The end of the container has to be noticed between two reports, when they are far apart.
        elif poll.poll(min(remaining, 1.0) * 1000) and watch.happened():
            _print(invocation, container, "oom", None)


def _print(invocation: Invocation, container: ContainerState, kind: str, data: dict[str, Any] | None) -> None:
    event: dict[str, Any] = {"type": kind, "id": container.id}
    if data is not None:
        event["data"] = data
    print(json.dumps(event, separators=(",", ":")), file=invocation.out, flush=True)


COMMAND: Final = Command(
    "events",
    "print resource usage and out-of-memory events of a container",
    run,
    flags=(
        Flag(("interval",), "time between two reports", "duration", default=5.0),
        Flag(("stats",), "report once and end", "switch"),
    ),
)
