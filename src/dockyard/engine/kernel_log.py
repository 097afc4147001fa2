"""The kernel's log, asked for one thing: which process it killed when a container was out of memory.

Linux writes a line `oom-kill:constraint=…,task_memcg=/docker/<id>,task=<name>,pid=<pid>,uid=<uid>` for each
(mm/oom_kill.c, since 5.0). /dev/kmsg gives the lines of the log, one a read(2), and EAGAIN at its end.
"""

import os
import re

from dockyard.engine.containers.ending import Victim

LOG = "/dev/kmsg"
LINE_BYTES = 8192
LINES = 200_000
"""More than any log has: reading ends even when the kernel writes faster."""

KILL = re.compile(r"oom-kill:.*[,=]task_memcg=(?P<group>[^,]*),task=(?P<name>.*),pid=(?P<pid>\d+),uid=\d+")


def oom_victim(container_id: str, path: str = LOG) -> Victim | None:
    """The process of the container that was killed last; None when the log doesn't tell, or can't be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    found = None
    try:
        for _ in range(LINES):
            try:
                line = os.read(descriptor, LINE_BYTES)
            except BrokenPipeError:
                continue  # the line was overwritten meanwhile
            if not line:
                break
            found = victim_in(line.decode(errors="replace"), container_id) or found
    except OSError:
        pass  # EAGAIN: the end
    finally:
        os.close(descriptor)
    return found


def victim_in(text: str, container_id: str) -> Victim | None:
    """The victim that a part of the log names, if it was in the container's cgroup or below it."""
    if container_id not in text:
        return None
    found = None
    for line in text.splitlines():
        match = KILL.search(line)
        if match is not None and container_id in match["group"]:
            found = Victim(int(match["pid"]), match["name"])
    return found
