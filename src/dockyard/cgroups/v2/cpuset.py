"""Which CPUs and memory nodes, version 2: cgroup-v2.rst "Cpuset"."""

from dockyard.cgroups.files import write
from dockyard.spec.runtime import Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write the lists of CPUs and nodes; empty ones are inherited."""
    if resources.cpu is None:
        return
    if resources.cpu.cpus:
        write(directory, "cpuset.cpus", resources.cpu.cpus)
    if resources.cpu.mems:
        write(directory, "cpuset.mems", resources.cpu.mems)
