"""ps: the processes of a container, as runc does it (not in the runtime-spec)."""

from dockyard.runtime.container_state import ContainerState


def processes(container: ContainerState) -> list[int]:
    """Numbers, as the host counts, of all processes in the cgroup of `container`; empty when there is none left."""
    return container.cgroup().pids()
