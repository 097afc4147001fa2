"""CPU time, version 1: Documentation/scheduler/sched-bwc.rst, sched-rt-group.rst."""

import errno

from dockyard.cgroups.files import read_integer, read_table, try_write, write
from dockyard.cgroups.stats import Throttling
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import Cpu, Resources


def wants(cpu: Cpu) -> bool:
    """Whether `cpu` names anything of this controller (and not only of cpuset)."""
    return any(
        each is not None
        for each in (cpu.shares, cpu.quota, cpu.burst, cpu.period, cpu.realtime_runtime, cpu.realtime_period, cpu.idle)
    )


def set_limits(directory: str, resources: Resources) -> None:
    """Write shares, quota, burst, real-time budget and idle. SystemFailure, InvalidParameter."""
    cpu = resources.cpu
    if cpu is None:
        return
    if cpu.shares:
        _set_shares(directory, cpu.shares)
    if cpu.realtime_period:
        write(directory, "cpu.rt_period_us", cpu.realtime_period)
    if cpu.realtime_runtime:
        write(directory, "cpu.rt_runtime_us", cpu.realtime_runtime)
    _set_bandwidth(directory, cpu)
    if cpu.idle is not None:
        write(directory, "cpu.idle", cpu.idle)


def _set_shares(directory: str, shares: int) -> None:
    """The kernel clamps silently; say so instead."""
    write(directory, "cpu.shares", shares)
    if shares < 2:
        raise InvalidParameter("the minimum allowed cpu-shares is 2")
    if shares > read_integer(directory, "cpu.shares"):
        raise InvalidParameter(f"the maximum allowed cpu-shares is {read_integer(directory, 'cpu.shares')}")


def _set_bandwidth(directory: str, cpu: Cpu) -> None:
    """Quota, period and burst: the kernel checks each write against the others, so the order may have to be turned."""
    period_last = False
    if cpu.period:
        refused = try_write(directory, "cpu.cfs_period_us", cpu.period)
        if refused is not None:
            # The old quota with the new period may exceed what the parent allows: try again after the new quota.
            if refused.errno != errno.EINVAL or not cpu.quota:
                write(directory, "cpu.cfs_period_us", cpu.period)
            period_last = True
    if cpu.quota:
        write(directory, "cpu.cfs_quota_us", cpu.quota)
    if period_last:
        write(directory, "cpu.cfs_period_us", cpu.period or 0)
    if cpu.burst is not None:
        write(directory, "cpu.cfs_burst_us", cpu.burst)


def throttling(directory: str) -> Throttling:
    """The counters of cpu.stat."""
    table = read_table(directory, "cpu.stat")
    return Throttling(table.get("nr_periods", 0), table.get("nr_throttled", 0), table.get("throttled_time", 0))
