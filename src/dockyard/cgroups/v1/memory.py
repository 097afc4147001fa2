"""Memory, version 1: Documentation/admin-guide/cgroup-v1/memory.rst."""

import errno

from dockyard.cgroups.files import read_integer, read_table, try_write, write
from dockyard.cgroups.stats import UNLIMITED, MemoryStats, MemoryUsage
from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.linux.libc import reason
from dockyard.spec.runtime import Memory, Resources

LIMIT = "memory.limit_in_bytes"
SWAP_LIMIT = "memory.memsw.limit_in_bytes"


def wants(memory: Memory) -> bool:
    """Whether `memory` names anything that this version has."""
    numbers = (memory.limit, memory.reservation, memory.swap, memory.kernel_tcp)
    return any(numbers) or memory.swappiness is not None or bool(memory.disable_oom_killer)


def set_limits(directory: str, resources: Resources) -> None:
    """Write limits, reservation, swappiness and whether to kill. The kernel memory limit is obsolete and left alone."""
    memory = resources.memory
    if memory is None:
        return
    _set_limit_and_swap(directory, memory)
    if memory.reservation:
        write(directory, "memory.soft_limit_in_bytes", memory.reservation)
    if memory.kernel_tcp:
        write(directory, "memory.kmem.tcp.limit_in_bytes", memory.kernel_tcp)
    if memory.disable_oom_killer:
        write(directory, "memory.oom_control", 1)
    if memory.swappiness is not None:
        if memory.swappiness > 100:
            raise InvalidParameter(f"invalid memory swappiness value: {memory.swappiness} (valid range is 0-100)")
        write(directory, "memory.swappiness", memory.swappiness)


def _set_limit_and_swap(directory: str, memory: Memory) -> None:
    """The two in the order that keeps swap at or above memory at every moment, because the kernel refuses the rest."""
    limit, swap = memory.limit or 0, memory.swap or 0
    if limit == -1 and not swap:
        swap = -1  # no limit on memory means none on both together, else the first is refused
    if limit and swap and (swap == -1 or read_integer(directory, LIMIT) < swap):
        write(directory, SWAP_LIMIT, swap)
        _set_limit(directory, limit)
        return
    if limit:
        _set_limit(directory, limit)
    if swap:
        write(directory, SWAP_LIMIT, swap)


def _set_limit(directory: str, limit: int) -> None:
    refused = try_write(directory, LIMIT, limit)
    if refused is None:
        return
    if refused.errno == errno.EBUSY:
        usage, peak = (
            read_integer(directory, "memory.usage_in_bytes"),
            read_integer(directory, "memory.max_usage_in_bytes"),
        )
        raise SystemFailure(f"unable to set memory limit to {limit} (current usage: {usage}, peak usage: {peak})")
    raise SystemFailure(f"failed to write {limit!r}: write {directory}/{LIMIT}: {reason(refused)}") from refused


def stats(directory: str, *, brief: bool = False) -> MemoryStats:
    """Usage, peaks, limits and the lines of memory.stat; `brief` without those of swap and of the kernel."""
    details = read_table(directory, "memory.stat")
    if brief:
        return MemoryStats(memory=_usage(directory, "memory"), cache=details.get("cache", 0), details=details)
    return MemoryStats(
        memory=_usage(directory, "memory"),
        swap=_usage(directory, "memory.memsw"),
        kernel=_usage(directory, "memory.kmem"),
        kernel_tcp=_usage(directory, "memory.kmem.tcp"),
        cache=details.get("cache", 0),
        hierarchical=read_integer(directory, "memory.use_hierarchy") == 1,
        details=details,
    )


def _usage(directory: str, prefix: str) -> MemoryUsage:
    return MemoryUsage(
        usage=read_integer(directory, f"{prefix}.usage_in_bytes"),
        max=read_integer(directory, f"{prefix}.max_usage_in_bytes"),
        limit=read_integer(directory, f"{prefix}.limit_in_bytes") or UNLIMITED,
        failures=read_integer(directory, f"{prefix}.failcnt"),
    )


def peak_bytes(directory: str) -> int:
    """The most memory that was in use at a time."""
    return read_integer(directory, "memory.max_usage_in_bytes")


def oom_kills(directory: str) -> int:
    """How many processes were killed so far (Linux 4.13 counts them)."""
    return read_table(directory, "memory.oom_control").get("oom_kill", 0)
