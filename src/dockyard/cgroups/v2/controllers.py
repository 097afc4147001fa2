"""The controllers of version 2 in one visible place: which file sets the limits of which.

What version 2 has no file for (kernel memory, real-time budget, swappiness, net_cls, net_prio) is refused by name in
`unsupported`, except where runc ignores it too.
"""

from collections.abc import Callable
from typing import Final

from dockyard.cgroups import rdma
from dockyard.cgroups.v2 import cpu, cpuset, hugetlb, io, memory, pids
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import Resources

SETTERS: Final[tuple[tuple[str, Callable[[str, Resources], None]], ...]] = (
    ("pids", pids.set_limits),
    ("memory", memory.set_limits),
    ("io", io.set_limits),
    ("cpu", cpu.set_limits),
    ("cpuset", cpuset.set_limits),
    ("hugetlb", hugetlb.set_limits),
    ("rdma", rdma.set_limits),
)
"""Each takes the directory and the limits; it writes what is named and nothing else."""


def refuse_unsupported(resources: Resources) -> None:
    """InvalidParameter for limits that exist in version 1 only."""
    cpu_limits, network = resources.cpu, resources.network
    if cpu_limits is not None and (cpu_limits.realtime_runtime or cpu_limits.realtime_period):
        raise InvalidParameter("cgroup v2 does not support realtime CPU scheduling limits")
    if network is not None and network.class_id:
        raise InvalidParameter("cgroup v2 does not support net_cls")
    if network is not None and network.priorities:
        raise InvalidParameter("cgroup v2 does not support net_prio")
