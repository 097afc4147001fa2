"""The mounts that make a container's root filesystem, in the host's mount namespace.

The graph driver says what to mount (`dockyard.fs.mount.Mount`), the engine what lies below volumes and images; the shim
does it before it creates the container, and undoes it after its end.

https://man7.org/linux/man-pages/man2/mount.2.html
"""

import errno
from collections.abc import Sequence

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.mount import Mount
from dockyard.fs.mounting import perform
from dockyard.linux import mount as kernel
from dockyard.shim.mapped_mount import mount_mapped


def mount_all(mounts: Sequence[Mount]) -> None:
    """Perform `mounts` in order.

    Raises:
        InvalidParameter: the options of one are too long for mount(2).
        SystemFailure: the kernel refused one; those before it are undone.
    """
    for done, mount in enumerate(mounts):
        try:
            if mount.id_map is None:
                perform(mount)
            else:
                mount_mapped(mount, mount.id_map, perform)
        except (OSError, InvalidParameter) as error:
            unmount_all(mounts[:done])
            if isinstance(error, InvalidParameter):
                raise
            raise SystemFailure(f"error creating root filesystem mount to {mount.target}: {error}") from error


def unmount_all(mounts: Sequence[Mount]) -> list[OSError]:
    """Undo `mounts`, last first; what isn't mounted is passed over. Returns what couldn't be undone, and why."""
    failures = []
    for mount in reversed(mounts):
        try:
            kernel.umount(mount.target, kernel.MNT_DETACH)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOENT):
                failures.append(error)
    return failures
