"""What a cgroup uses: values that both versions fill, with zeros and empty maps for what a kernel doesn't count."""

from collections.abc import Mapping
from typing import NamedTuple

from dockyard.spec.runtime.empty import EMPTY

UNLIMITED = (1 << 64) - 1
"""The `limit` of what has none."""


class Throttling(NamedTuple):
    """How often the CPU quota stopped it, and for how long."""

    periods: int = 0
    throttled_periods: int = 0
    throttled_nanoseconds: int = 0


class CpuStats(NamedTuple):
    """CPU time in nanoseconds."""

    total: int = 0
    kernel: int = 0
    user: int = 0
    per_cpu: tuple[int, ...] = ()
    throttling: Throttling = Throttling()


class MemoryUsage(NamedTuple):
    """Bytes, and how often the limit was met."""

    usage: int = 0
    max: int = 0
    limit: int = UNLIMITED
    failures: int = 0


class MemoryStats(NamedTuple):
    """`swap` is memory and swap together; `details` the lines of memory.stat."""

    memory: MemoryUsage = MemoryUsage()
    swap: MemoryUsage = MemoryUsage()
    kernel: MemoryUsage = MemoryUsage()
    kernel_tcp: MemoryUsage = MemoryUsage()
    cache: int = 0
    hierarchical: bool = True
    details: Mapping[str, int] = EMPTY


class PidsStats(NamedTuple):
    """Number of tasks; `limit` 0 when there is none."""

    current: int = 0
    limit: int = 0


class BlkioEntry(NamedTuple):
    """One counter of one device: `op` is `Read`, `Write`, `Sync`, `Async`, `Discard`, `Total` or empty."""

    major: int
    minor: int
    op: str
    value: int


class BlkioStats(NamedTuple):
    """Bytes and operations by device."""

    bytes: tuple[BlkioEntry, ...] = ()
    operations: tuple[BlkioEntry, ...] = ()


class HugetlbStats(NamedTuple):
    """Huge pages of one size in bytes."""

    usage: int = 0
    max: int = 0
    failures: int = 0


class RdmaStats(NamedTuple):
    """Handles and objects of one RDMA device."""

    hca_handles: int = 0
    hca_objects: int = 0


class Stats(NamedTuple):
    """Everything that is counted."""

    cpu: CpuStats = CpuStats()
    memory: MemoryStats = MemoryStats()
    pids: PidsStats = PidsStats()
    blkio: BlkioStats = BlkioStats()
    hugetlb: Mapping[str, HugetlbStats] = EMPTY
    rdma_current: Mapping[str, RdmaStats] = EMPTY
    rdma_limit: Mapping[str, RdmaStats] = EMPTY
