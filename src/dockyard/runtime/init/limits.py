"""Limits and scheduling of the process, which its program inherits:

getrlimit(2), sched(7), ioprio_set(2), personality(2).
"""

from dockyard.errors import SystemFailure
from dockyard.linux import rlimit, scheduling
from dockyard.linux.libc import reason
from dockyard.linux.process import PER_LINUX, PER_LINUX32, set_personality
from dockyard.spec.runtime import IoPriority, Personality, Process, Scheduler


def wanted(process: Process, personality: Personality | None) -> bool:
    """Whether `apply` has something to do."""
    return bool(process.rlimits or process.scheduler or process.io_priority or personality)


def apply(process: Process, personality: Personality | None) -> None:
    """Set what `process` and `personality` ask for. SystemFailure."""
    for limit in process.rlimits:
        try:
            rlimit.set_own(limit.type, limit.soft, limit.hard)
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            raise SystemFailure(f"error setting rlimit type {limit.type}: {why}") from error
    if process.scheduler is not None:
        _schedule(process.scheduler)
    if process.io_priority is not None:
        _prioritise(process.io_priority)
    if personality is not None:
        try:
            set_personality(PER_LINUX32 if personality.domain == "LINUX32" else PER_LINUX)
        except OSError as error:
            raise SystemFailure(f"unable to set personality {personality.domain}: {reason(error)}") from error


def _schedule(wanted: Scheduler) -> None:
    flags = sum(scheduling.FLAGS[flag] for flag in wanted.flags)
    try:
        scheduling.set_scheduler(
            scheduling.POLICIES[wanted.policy],
            flags,
            wanted.nice,
            wanted.priority,
            wanted.runtime,
            wanted.deadline,
            wanted.period,
        )
    except OSError as error:
        raise SystemFailure(f"error setting scheduler {wanted.policy}: {reason(error)}") from error


def _prioritise(wanted: IoPriority) -> None:
    try:
        scheduling.set_io_priority(scheduling.IO_CLASSES[wanted.class_], wanted.priority)
    except OSError as error:
        raise SystemFailure(f"failed to set io priority {wanted.class_}: {reason(error)}") from error
