"""The host's procfs as a descriptor, to be used in a process that will have another one at /proc."""

import os

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.statfs import PROC, filesystem_type


def open_host_proc() -> int:
    """An O_PATH descriptor of /proc, checked to be a procfs; close-on-exec. SystemFailure."""
    try:
        descriptor = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SystemFailure(f"open /proc: {reason(error)}") from error
    if filesystem_type(descriptor) != PROC:
        os.close(descriptor)
        raise SystemFailure("/proc is not a proc file system")
    return descriptor


def own_number(proc: int) -> int:
    """The number of the calling process as the pid namespace of the procfs `proc` counts."""
    return int(os.readlink("self", dir_fd=proc))
