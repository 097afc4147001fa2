"""pause: stop all processes of a container, as runc does it (not in the runtime-spec)."""

from dockyard.errors import Conflict
from dockyard.runtime.container_state import CREATED, RUNNING, ContainerState


def pause(container: ContainerState) -> None:
    """Stop all processes of `container`. Conflict when it isn't running, DeadlineExceeded, SystemFailure."""
    if container.status() not in (RUNNING, CREATED):
        raise Conflict("container not running")
    container.cgroup().freeze()
