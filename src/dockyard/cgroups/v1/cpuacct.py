"""CPU time used, version 1: Documentation/admin-guide/cgroup-v1/cpuacct.rst."""

import os

from dockyard.cgroups.files import read_if_present, read_integer, read_table
from dockyard.cgroups.stats import CpuStats, Throttling


def stats(directory: str, throttling: Throttling) -> CpuStats:
    """Nanoseconds of CPU time; user and kernel come in ticks of the clock."""
    tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    split = read_table(directory, "cpuacct.stat")
    return CpuStats(
        total=read_integer(directory, "cpuacct.usage"),
        kernel=split.get("system", 0) * tick,
        user=split.get("user", 0) * tick,
        per_cpu=tuple(map(int, read_if_present(directory, "cpuacct.usage_percpu").split())),
        throttling=throttling,
    )
