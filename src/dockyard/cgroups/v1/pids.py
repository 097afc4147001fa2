"""Number of tasks, version 1: Documentation/admin-guide/cgroup-v1/pids.rst."""

from dockyard.cgroups.files import read_integer, write
from dockyard.cgroups.stats import PidsStats
from dockyard.spec.runtime import Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write the ceiling; a negative one is none, zero leaves it."""
    if resources.pids is not None and resources.pids.limit:
        write(directory, "pids.max", resources.pids.limit if resources.pids.limit > 0 else "max")


def stats(directory: str) -> PidsStats:
    """Number of tasks and the ceiling."""
    return PidsStats(read_integer(directory, "pids.current"), read_integer(directory, "pids.max"))
