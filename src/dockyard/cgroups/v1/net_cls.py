"""Class of network packets, version 1: Documentation/admin-guide/cgroup-v1/net_cls.rst."""

from dockyard.cgroups.files import write
from dockyard.spec.runtime import Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write the class id."""
    if resources.network is not None and resources.network.class_id:
        write(directory, "net_cls.classid", resources.network.class_id)
