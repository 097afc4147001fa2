"""Who dies last when memory is short: supervisor and shims, on which all containers hang.

What they start must not inherit that. A container gets the score of its configuration, or that of the daemon.

https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
"""

import os
from contextlib import suppress

SUPERVISOR_SCORE = -500
"""As dockerd's unit file has it for the daemon."""

SHIM_SCORE = -998
"""As containerd's shims: after everything but what must never be killed."""

_LONGEST = 16


def set_score(score: int, path: str = "/proc/self/oom_score_adj") -> None:
    """Set the score of the process whose file is at `path` (-1000 to 1000).

    What may not be lowered (without CAP_SYS_RESOURCE) stays: unprotected is how it would be anyway.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if int(os.read(descriptor, _LONGEST)) != score:
                os.pwrite(descriptor, b"%d" % score, 0)
        finally:
            os.close(descriptor)


def own_score() -> int:
    """The score of this process; 0 when it can't be read."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "rb") as file:
        return int(file.read())
    return 0
