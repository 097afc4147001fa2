"""The mounts that make a container's root filesystem, in the host's mount namespace.

The graph driver says what to mount (`dockyard.fs.mount.Mount`); the shim does it before it creates the container, and
undoes it after its end. mount(2) for flags, mount(8) for the words.

https://man7.org/linux/man-pages/man2/mount.2.html
"""

import errno
import os
from collections.abc import Sequence
from typing import NamedTuple

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.mount import Mount
from dockyard.linux import mount as kernel
from dockyard.shim.mapped_mount import mount_mapped

_SET = {
    "ro": kernel.MS_RDONLY,
    "nosuid": kernel.MS_NOSUID,
    "nodev": kernel.MS_NODEV,
    "noexec": kernel.MS_NOEXEC,
    "sync": kernel.MS_SYNCHRONOUS,
    "noatime": kernel.MS_NOATIME,
    "nodiratime": kernel.MS_NODIRATIME,
    "relatime": kernel.MS_RELATIME,
    "strictatime": kernel.MS_STRICTATIME,
    "bind": kernel.MS_BIND,
    "rbind": kernel.MS_BIND | kernel.MS_REC,
    "remount": kernel.MS_REMOUNT,
}
_CLEARED = {
    "rw": kernel.MS_RDONLY,
    "suid": kernel.MS_NOSUID,
    "dev": kernel.MS_NODEV,
    "exec": kernel.MS_NOEXEC,
    "async": kernel.MS_SYNCHRONOUS,
    "atime": kernel.MS_NOATIME,
    "diratime": kernel.MS_NODIRATIME,
    "defaults": 0,
}
_PROPAGATION = {
    "private": kernel.MS_PRIVATE,
    "rprivate": kernel.MS_PRIVATE | kernel.MS_REC,
    "slave": kernel.MS_SLAVE,
    "rslave": kernel.MS_SLAVE | kernel.MS_REC,
    "shared": kernel.MS_SHARED,
    "rshared": kernel.MS_SHARED | kernel.MS_REC,
}
_REMOUNTED = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
"""What a bind mount takes only when it is mounted again."""

MAX_DATA_BYTES = 4095
"""mount(2) takes one page, with a NUL at its end."""


class Options(NamedTuple):
    """Words as mount(2) takes them."""

    flags: int
    propagation: int
    data: str


def parse_options(words: Sequence[str]) -> Options:
    """Flags, propagation and filesystem data from `words`; a later one wins over an earlier."""
    flags = propagation = 0
    data = []
    for word in words:
        if word in _SET:
            flags |= _SET[word]
        elif word in _CLEARED:
            flags &= ~_CLEARED[word]
        elif word in _PROPAGATION:
            propagation = _PROPAGATION[word]
        else:
            data.append(word)
    return Options(flags, propagation, ",".join(data))


def mount_all(mounts: Sequence[Mount]) -> None:
    """Perform `mounts` in order.

    Raises:
        InvalidParameter: the options of one are too long for mount(2).
        SystemFailure: the kernel refused one; those before it are undone.
    """
    for done, mount in enumerate(mounts):
        try:
            if mount.id_map is None:
                _mount(mount)
            else:
                mount_mapped(mount, mount.id_map, _mount)
        except (OSError, InvalidParameter) as error:
            unmount_all(mounts[:done])
            if isinstance(error, InvalidParameter):
                raise
            raise SystemFailure(f"error creating root filesystem mount to {mount.target}: {error}") from error


def _mount(mount: Mount) -> None:
    flags, propagation, data = parse_options(mount.options)
    if len(os.fsencode(data)) > MAX_DATA_BYTES:
        raise InvalidParameter(f"mount options of {mount.target} are too long: {len(data)} bytes")
    if mount.directory:
        os.chdir(mount.directory)
    try:
        kernel.mount(mount.source, mount.target, mount.type, flags, data)
    finally:
        if mount.directory:
            os.chdir("/")
    try:
        if flags & kernel.MS_BIND and flags & _REMOUNTED:
            kernel.mount(None, mount.target, None, (flags | kernel.MS_REMOUNT) & ~kernel.MS_REC)
        if propagation:
            kernel.mount(None, mount.target, None, propagation)
    except OSError:
        kernel.umount(mount.target, kernel.MNT_DETACH)
        raise


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
