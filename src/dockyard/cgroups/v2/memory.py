"""Memory, version 2: cgroup-v2.rst "Memory"."""

from dockyard.cgroups.files import read_integer, read_table, write
from dockyard.cgroups.stats import UNLIMITED, MemoryStats, MemoryUsage
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import Memory, Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write limit, swap and reservation. InvalidParameter when swap is less than memory."""
    memory = resources.memory
    if memory is None:
        return
    if memory.check_before_update:
        _check(directory, memory)
    swap = swap_alone(memory)
    if swap is not None:
        write(directory, "memory.swap.max", swap)
    if memory.limit:
        write(directory, "memory.max", _limit(memory.limit))
    if memory.reservation:
        write(directory, "memory.low", _limit(memory.reservation))


def swap_alone(memory: Memory) -> str | None:
    """What goes into memory.swap.max: v1 counts memory and swap together, v2 counts swap alone. None leaves it."""
    limit, both = memory.limit or 0, memory.swap or 0
    if limit == -1 and both == 0:
        return "max"
    if both == 0:
        return None
    if both == -1:
        return "max"
    if limit in (0, -1):
        raise InvalidParameter("unable to set swap limit without memory limit")
    if both < limit:
        raise InvalidParameter("memory+swap limit should be >= memory limit")
    return str(both - limit)


def _limit(number: int) -> str:
    return "max" if number < 0 else str(number)


def _check(directory: str, memory: Memory) -> None:
    """Refuse a limit below the present usage, which would kill at once (checkBeforeUpdate of the spec)."""
    usage = read_integer(directory, "memory.current")
    if memory.limit and 0 < memory.limit < usage:
        raise InvalidParameter(f"rejecting memory limit {memory.limit} <= usage {usage}")
    if memory.swap and 0 < memory.swap < usage + read_integer(directory, "memory.swap.current"):
        raise InvalidParameter(f"rejecting memory+swap limit {memory.swap} <= usage {usage}")


def stats(directory: str, *, brief: bool = False) -> MemoryStats:
    """Usage, peaks, limits and the lines of memory.stat; swap includes memory, as in version 1; `brief` has none."""
    details = read_table(directory, "memory.stat")
    memory = _usage(directory, "memory")
    if brief:
        return MemoryStats(memory=memory, cache=details.get("file", 0), details=details)
    swap = _usage(directory, "memory.swap")
    both = MemoryUsage(
        usage=memory.usage + swap.usage,
        limit=UNLIMITED if UNLIMITED in (memory.limit, swap.limit) else memory.limit + swap.limit,
        failures=swap.failures,
    )
    return MemoryStats(memory=memory, swap=both, cache=details.get("file", 0), details=details)


def _usage(directory: str, prefix: str) -> MemoryUsage:
    return MemoryUsage(
        usage=read_integer(directory, f"{prefix}.current"),
        max=read_integer(directory, f"{prefix}.peak"),
        limit=read_integer(directory, f"{prefix}.max", maximum=UNLIMITED) or UNLIMITED,
        failures=read_table(directory, f"{prefix}.events").get("max", 0),
    )


def peak_bytes(directory: str) -> int:
    """The most memory that was in use at a time (Linux 5.19)."""
    return read_integer(directory, "memory.peak")


def oom_kills(directory: str) -> int:
    """How many processes were killed so far, here and below."""
    return read_table(directory, "memory.events").get("oom_kill", 0)
