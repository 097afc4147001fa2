"""The root that a container starts from: that of its mount namespace, which in a chroot(2) isn't the process's own.

An engine may itself live in a chroot, below whose root the container's tree is put together. pivot_root(2) moves the
root of the process; if that were done from within the chroot, the host's tree would stay the root of the namespace,
one setns(2) or chroot(2) away from everything in the container. So the process goes out of the chroot for the pivot.
"""

import os

from dockyard.errors import SystemFailure
from dockyard.linux import mount as classic
from dockyard.linux.libc import reason
from dockyard.linux.namespaces import CLONE_NEWNS, setns

_PLACE = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def detach_from_host(proc: int) -> bool:
    """Make every mount of this new namespace a slave of the host's, also those outside a chroot.

    Args:
        proc: the host's procfs, a descriptor.

    Returns:
        Whether the process lives in a chroot; it still does then.

    Raises:
        SystemFailure: the kernel refuses.

    """
    here = top = -1
    try:
        here = os.open("/", _PLACE)
        go_to_top(proc)
        classic.mount(None, "/", None, classic.MS_SLAVE | classic.MS_REC)
        top = os.open("/", _PLACE)
        if _mount_of(proc, here) == _mount_of(proc, top) and os.path.sameopenfile(here, top):
            return False
        os.fchdir(here)
        os.chroot(".")
        return True
    except OSError as error:
        raise SystemFailure(f"make / a slave: {reason(error)}") from error
    finally:
        for descriptor in (here, top):
            if descriptor >= 0:
                os.close(descriptor)


def go_to_top(proc: int) -> None:
    """Be at the root of the own mount namespace: joining one goes there, the own one too (setns(2)). OSError."""
    namespace = os.open("self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        setns(namespace, CLONE_NEWNS)
    finally:
        os.close(namespace)


def _mount_of(proc: int, descriptor: int) -> bytes:
    """The line `mnt_id:` of what the descriptor is on (proc_pid_fdinfo(5))."""
    information = os.open(f"self/fdinfo/{descriptor}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return next(line for line in os.read(information, 4096).splitlines() if line.startswith(b"mnt_id:"))
    finally:
        os.close(information)
