"""A handle on a container's first process that can't be another one: numbers are used again, a pidfd isn't."""

import os

from dockyard.errors import Conflict
from dockyard.runtime.container_state import ContainerState, process_start_time


def open_first_process(container: ContainerState) -> int:
    """A pidfd, close-on-exec. Conflict when it doesn't run any more."""
    try:
        pidfd = os.pidfd_open(container.pid)
    except OSError:
        raise Conflict("container not running") from None
    # Only now: what is compared is the process that the pidfd stands for.
    if process_start_time(container.pid) != container.start_time:
        os.close(pidfd)
        raise Conflict("container not running")
    return pidfd
