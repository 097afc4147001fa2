"""How willingly the kernel kills a process for lack of memory: proc_pid_oom_score_adj(5)."""

import os

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.open_beneath import beneath
from dockyard.runtime.host_proc import own_number

_LONGEST = 16


def set_oom_score(pid: int, score: int) -> None:
    """Set that of the child `pid` to `score` (-1000 to 1000); nothing when it has just ended. SystemFailure.

    To lower it takes CAP_SYS_RESOURCE.
    """
    path = f"/proc/{pid}/oom_score_adj"
    try:
        _write(os.open(path, os.O_RDWR | os.O_CLOEXEC), score)
    except (FileNotFoundError, ProcessLookupError):
        return
    except OSError as error:
        raise SystemFailure(f"failed to set oom_score_adj to {score}: write {path}: {reason(error)}") from error


def own_oom_score() -> int | None:
    """That of the calling process, which its children have, too; None when /proc doesn't tell."""
    try:
        descriptor = os.open("/proc/self/oom_score_adj", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(descriptor, _LONGEST))
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return None


def set_own_oom_score(proc: int, score: int) -> None:
    """Set that of the calling process, through the host's procfs `proc`. SystemFailure."""
    try:
        _write(beneath(proc, f"{own_number(proc)}/oom_score_adj", os.O_RDWR), score)
    except OSError as error:
        raise SystemFailure(f"failed to set oom_score_adj to {score}: {reason(error)}") from error


def _write(descriptor: int, score: int) -> None:
    """Write `score` unless it is that already, which is allowed to everybody; closes `descriptor`."""
    try:
        if int(os.read(descriptor, _LONGEST)) != score:
            os.pwrite(descriptor, str(score).encode(), 0)
    finally:
        os.close(descriptor)
