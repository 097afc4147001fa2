"""Performing a mount (`dockyard.fs.mount.Mount`) in this process's mount namespace.

For containers the shim does it; the daemon does it for volumes that are file systems of their own. mount(2) for flags,
mount(8) for the words.

https://man7.org/linux/man-pages/man2/mount.2.html
"""

import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.fs.mount import Mount
from dockyard.linux import mount as kernel
from dockyard.linux.mount_objects import attach, clone_tree, set_attributes
from dockyard.linux.open_beneath import in_root

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


def perform(mount: Mount) -> None:
    """Perform one, at a directory that is made if it isn't there.

    OSError as the calls that it takes; InvalidParameter when its options are too long.
    """
    flags, propagation, data = parse_options(mount.options)
    if mount.beneath:
        _bind_beneath(mount, flags, propagation)
        return
    if len(os.fsencode(data)) > MAX_DATA_BYTES:
        raise InvalidParameter(f"mount options of {mount.target} are too long: {len(data)} bytes")
    if not os.path.lexists(mount.target):
        os.makedirs(mount.target, mode=0o700)
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


def _bind_beneath(mount: Mount, flags: int, propagation: int) -> None:
    opened = [os.open(mount.source, os.O_PATH | os.O_CLOEXEC)]
    try:
        opened.append(in_root(opened[0], mount.beneath))
        _make_target(mount.target, directory=stat.S_ISDIR(os.fstat(opened[-1]).st_mode))
        opened.append(os.open(mount.target, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC))
        tree = clone_tree(opened[1], recursive=bool(flags & kernel.MS_REC))
        opened.append(tree)
        set_attributes(tree, propagation=(propagation or kernel.MS_PRIVATE) & ~kernel.MS_REC, recursive=True)
        attach(tree, opened[2])
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _make_target(path: str, *, directory: bool) -> None:
    if directory:
        os.makedirs(path, mode=0o700, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
