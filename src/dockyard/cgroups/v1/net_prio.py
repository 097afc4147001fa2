"""Priority of network packets by interface, version 1: Documentation/admin-guide/cgroup-v1/net_prio.rst."""

from dockyard.cgroups.files import write
from dockyard.spec.runtime import Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write a line for each interface."""
    if resources.network is not None:
        for interface in resources.network.priorities:
            write(directory, "net_prio.ifpriomap", f"{interface.name} {interface.priority}")
