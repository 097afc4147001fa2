"""CPU time, version 2: cgroup-v2.rst "CPU"."""

from dockyard.cgroups.files import read_table, write
from dockyard.cgroups.stats import CpuStats, Throttling
from dockyard.spec.runtime import Resources

MIN_SHARES, MAX_SHARES = 2, 262_144
MIN_WEIGHT, MAX_WEIGHT = 1, 10_000
DEFAULT_PERIOD = 100_000


def weight_of(shares: int) -> int:
    """The weight (1 to 10000) for v1 `shares` (2 to 262144), linear, as runtimes and systemd agree."""
    shares = min(max(shares, MIN_SHARES), MAX_SHARES)
    return MIN_WEIGHT + (shares - MIN_SHARES) * (MAX_WEIGHT - MIN_WEIGHT) // (MAX_SHARES - MIN_SHARES)


def set_limits(directory: str, resources: Resources) -> None:
    """Write weight, idle, ceiling and burst. Idle first, because then the weight is the kernel's."""
    cpu = resources.cpu
    if cpu is None:
        return
    if cpu.idle is not None:
        write(directory, "cpu.idle", cpu.idle)
    if cpu.shares and not cpu.idle:
        write(directory, "cpu.weight", weight_of(cpu.shares))
    if cpu.quota or cpu.period:
        quota = str(cpu.quota) if cpu.quota and cpu.quota > 0 else "max"
        write(directory, "cpu.max", f"{quota} {cpu.period or DEFAULT_PERIOD}")
    if cpu.burst is not None:
        write(directory, "cpu.max.burst", cpu.burst)


def stats(directory: str) -> CpuStats:
    """cpu.stat, in nanoseconds."""
    table = read_table(directory, "cpu.stat")
    return CpuStats(
        total=table.get("usage_usec", 0) * 1000,
        kernel=table.get("system_usec", 0) * 1000,
        user=table.get("user_usec", 0) * 1000,
        throttling=Throttling(
            table.get("nr_periods", 0), table.get("nr_throttled", 0), table.get("throttled_usec", 0) * 1000
        ),
    )
