"""resume: let the processes of a paused container go on, as runc does it (not in the runtime-spec)."""

from dockyard.errors import Conflict
from dockyard.runtime.container_state import ContainerState


def resume(container: ContainerState) -> None:
    """Let the processes of `container` go on. Conflict when it isn't paused, SystemFailure."""
    if not container.alive() or not container.cgroup().frozen():
        raise Conflict("container not paused")
    container.cgroup().thaw()
