"""How willingly the kernel kills a process for lack of memory: proc_pid_oom_score_adj(5)."""

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason


def set_oom_score(pid: int, score: int) -> None:
    """Set it to `score` (-1000 to 1000), from outside; nothing when it is that already or `pid` has just ended.

    To lower it takes CAP_SYS_RESOURCE. SystemFailure.
    """
    path = f"/proc/{pid}/oom_score_adj"
    try:
        with open(path, "r+", encoding="ascii") as file:
            if int(file.read()) != score:
                file.seek(0)
                file.write(str(score))
    except (FileNotFoundError, ProcessLookupError):
        return
    except OSError as error:
        raise SystemFailure(f"failed to set oom_score_adj to {score}: write {path}: {reason(error)}") from error
