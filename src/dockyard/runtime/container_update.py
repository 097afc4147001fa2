"""update: change the limits of a container, as runc does it (not in the runtime-spec)."""

from dockyard.errors import Conflict
from dockyard.runtime.container_state import ContainerState
from dockyard.spec.runtime import Resources


def update(container: ContainerState, resources: Resources) -> None:
    """Set what `resources` names, leave the rest. Conflict when it has stopped; InvalidParameter, SystemFailure."""
    if not container.alive():
        raise Conflict("container not running")
    container.cgroup().set(resources)
