"""The controllers of version 1 in one visible place: which file sets the limits of which.

The order is that in which limits are set: cpuset first, because without CPUs and memory nodes nothing can enter.
"""

from collections.abc import Callable
from typing import Final

from dockyard.cgroups import rdma
from dockyard.cgroups.v1 import blkio, cpu, cpuset, devices, hugetlb, memory, net_cls, net_prio, pids
from dockyard.spec.runtime import Resources

SETTERS: Final[tuple[tuple[str, Callable[[str, Resources], None]], ...]] = (
    ("cpuset", cpuset.set_limits),
    ("devices", devices.set_limits),
    ("memory", memory.set_limits),
    ("cpu", cpu.set_limits),
    ("pids", pids.set_limits),
    ("blkio", blkio.set_limits),
    ("hugetlb", hugetlb.set_limits),
    ("net_cls", net_cls.set_limits),
    ("net_prio", net_prio.set_limits),
    ("rdma", rdma.set_limits),
)
"""Each takes the directory of its controller and the limits; it writes what is named and nothing else."""

WANTS: Final[tuple[tuple[str, Callable[[Resources], bool]], ...]] = (
    ("cpuset", lambda resources: bool(resources.cpu and (resources.cpu.cpus or resources.cpu.mems))),
    ("cpu", lambda resources: resources.cpu is not None and cpu.wants(resources.cpu)),
    ("memory", lambda resources: resources.memory is not None and memory.wants(resources.memory)),
    ("pids", lambda resources: bool(resources.pids and resources.pids.limit)),
    ("blkio", lambda resources: resources.block_io is not None and any(resources.block_io)),
    ("hugetlb", lambda resources: bool(resources.hugepage_limits)),
    ("net_cls", lambda resources: bool(resources.network and resources.network.class_id)),
    ("net_prio", lambda resources: bool(resources.network and resources.network.priorities)),
    ("rdma", lambda resources: bool(resources.rdma)),
)
"""Whether the limits ask something of a controller: then it must be mounted. Devices are refused elsewhere."""
