"""Making the assembled tree the root of the mount namespace: pivot_root(2)."""

import os

from dockyard.errors import SystemFailure
from dockyard.linux import mount as classic
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import attach
from dockyard.runtime.rootfs.host_root import go_to_top

HIDDEN = ("/proc", "/sys")


def lay_over(tree: int) -> None:
    """Attach the detached root `tree` over `/`, without being in it yet, so that it can be mounted into and pivoted to.

    Over `/` and not over the path that it comes from: that may lead through directories which are closed to the
    root of a user namespace. `/` must not be shared with the host any more. SystemFailure.
    """
    place = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        attach(tree, place)
    except OSError as error:
        raise SystemFailure(f"attach rootfs: {reason(error)}") from error
    finally:
        os.close(place)


def pivot(tree: int, chrooted: bool, proc: int) -> None:
    """Make `tree`, which lies over `/`, the root of the namespace, let go of all that was the host's. SystemFailure.

    With `.` for both arguments the old root ends up on top of the new one (pivot_root(2), "NOTES"), so that no
    directory is needed for it. It is a slave of the host's since `detach_from_host`, which also told whether `/` is
    that of a chroot; else the host would lose its mounts too. `proc` is the host's procfs.
    """
    try:
        if chrooted:
            go_to_top(proc)
        os.fchdir(tree)
        classic.pivot_root(".", ".")
        classic.umount(".", classic.MNT_DETACH)  # what is on top there: the old root
        os.chdir("/")
    except OSError as error:
        raise SystemFailure(f"error jailing process inside rootfs: pivot_root: {reason(error)}") from error


def change_root(tree: int) -> None:
    """Enter `tree`, which lies over `/`, by chroot(2), for hosts whose own root can't be pivoted (an initramfs).

    The host's procfs and sysfs stay mounted below, where nothing leads, but are detached first all the same: the kernel
    lets a user namespace mount a new one only while it sees an old one unmasked. SystemFailure.
    """
    try:
        for path in HIDDEN:
            try:
                classic.umount(path, classic.MNT_DETACH)
            except OSError:
                continue
        os.fchdir(tree)
        os.chroot(".")
        os.chdir("/")
    except OSError as error:
        raise SystemFailure(f"error jailing process inside rootfs: chroot: {reason(error)}") from error
