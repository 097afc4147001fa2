"""Which CPUs and memory nodes, version 1: Documentation/admin-guide/cgroup-v1/cpusets.rst."""

import os

from dockyard.cgroups.files import read, write
from dockyard.spec.runtime import Resources

FILES = ("cpuset.cpus", "cpuset.mems")


def inherit(directory: str) -> None:
    """Give a new cgroup the CPUs and nodes of the one above it, which it lacks in version 1; those above first."""
    for name in FILES:
        if not read(directory, name):
            above = os.path.dirname(directory)
            inherited = read(above, name)
            if not inherited:
                inherit(above)
                inherited = read(above, name)
            write(directory, name, inherited)


def set_limits(directory: str, resources: Resources) -> None:
    """Write the lists of CPUs and nodes. SystemFailure."""
    if resources.cpu is None:
        return
    if resources.cpu.cpus:
        write(directory, "cpuset.cpus", resources.cpu.cpus)
    if resources.cpu.mems:
        write(directory, "cpuset.mems", resources.cpu.mems)
