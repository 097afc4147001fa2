"""Options of a mount, as words of fstab and of the spec, into bits.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#linux-mount-options
"""

from typing import Final, NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.linux import mount as classic
from dockyard.linux.mount_objects import (
    MOUNT_ATTR_ATIME,
    MOUNT_ATTR_NOATIME,
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NODIRATIME,
    MOUNT_ATTR_NOEXEC,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_NOSYMFOLLOW,
    MOUNT_ATTR_RDONLY,
    MOUNT_ATTR_RELATIME,
    MOUNT_ATTR_STRICTATIME,
)
from dockyard.spec.runtime import Mount

ATTRIBUTES: Final[dict[str, tuple[int, int]]] = {
    "ro": (MOUNT_ATTR_RDONLY, 0),
    "rw": (0, MOUNT_ATTR_RDONLY),
    "nosuid": (MOUNT_ATTR_NOSUID, 0),
    "suid": (0, MOUNT_ATTR_NOSUID),
    "nodev": (MOUNT_ATTR_NODEV, 0),
    "dev": (0, MOUNT_ATTR_NODEV),
    "noexec": (MOUNT_ATTR_NOEXEC, 0),
    "exec": (0, MOUNT_ATTR_NOEXEC),
    "nodiratime": (MOUNT_ATTR_NODIRATIME, 0),
    "diratime": (0, MOUNT_ATTR_NODIRATIME),
    "noatime": (MOUNT_ATTR_NOATIME, MOUNT_ATTR_ATIME),
    "atime": (0, MOUNT_ATTR_NOATIME),
    "relatime": (MOUNT_ATTR_RELATIME, MOUNT_ATTR_ATIME),
    "norelatime": (0, 0),
    "strictatime": (MOUNT_ATTR_STRICTATIME, MOUNT_ATTR_ATIME),
    "nostrictatime": (0, MOUNT_ATTR_ATIME),
    "nosymfollow": (MOUNT_ATTR_NOSYMFOLLOW, 0),
    "symfollow": (0, MOUNT_ATTR_NOSYMFOLLOW),
}
"""Attributes of the mount point:

what to set and what to clear. With an `r` in front they hold for all mounts below too.
"""

SUPERBLOCK: Final[dict[str, str]] = {
    "sync": "sync",
    "async": "",
    "dirsync": "dirsync",
    "lazytime": "lazytime",
    "nolazytime": "",
    "mand": "mand",
    "nomand": "",
    "iversion": "iversion",
    "noiversion": "",
    "silent": "silent",
    "loud": "",
    "defaults": "",
}
"""Options that belong to the file system as a whole; empty means the default, which needs no word."""

PROPAGATION: Final[dict[str, tuple[int, bool]]] = {
    "private": (classic.MS_PRIVATE, False),
    "rprivate": (classic.MS_PRIVATE, True),
    "shared": (classic.MS_SHARED, False),
    "rshared": (classic.MS_SHARED, True),
    "slave": (classic.MS_SLAVE, False),
    "rslave": (classic.MS_SLAVE, True),
    "unbindable": (classic.MS_UNBINDABLE, False),
    "runbindable": (classic.MS_UNBINDABLE, True),
}
"""Kind of propagation, and whether for all mounts below too."""


class MountOptions(NamedTuple):
    """The options of one mount, sorted by whom they concern."""

    bind: bool = False
    recursive: bool = False
    set_: int = 0
    clear: int = 0
    recursive_set: int = 0
    recursive_clear: int = 0
    propagation: tuple[tuple[int, bool], ...] = ()
    copy_up: bool = False
    idmap: bool = False
    recursive_idmap: bool = False
    data: tuple[str, ...] = ()


def parse(mount: Mount) -> MountOptions:
    """The options of `mount`. InvalidParameter for those that contradict each other.

    What isn't known here is the file system's own (`size=64k`); a bind mount has no file system to take it.
    """
    bind = mount.type == "bind"
    recursive = copy_up = idmap = recursive_idmap = False
    set_ = clear = recursive_set = recursive_clear = 0
    propagation: list[tuple[int, bool]] = []
    data: list[str] = []
    for option in mount.options:
        if (bits := ATTRIBUTES.get(option)) is not None:
            set_, clear = _apply(set_, clear, bits)
        elif (bits := ATTRIBUTES.get(option[1:])) is not None and option[:1] == "r":
            recursive_set, recursive_clear = _apply(recursive_set, recursive_clear, bits)
        elif (kind := PROPAGATION.get(option)) is not None:
            propagation.append(kind)
        elif option in ("bind", "rbind"):
            bind, recursive = True, recursive or option == "rbind"
        elif option in ("idmap", "ridmap"):
            idmap, recursive_idmap = True, option == "ridmap"
        elif option == "tmpcopyup":
            copy_up = True
        elif (word := SUPERBLOCK.get(option)) is not None:
            data += [word] if word else []
        elif option:
            data.append(option)
    if copy_up and mount.type != "tmpfs":
        raise InvalidParameter(f"mount {mount.destination}: tmpcopyup is only allowed for a tmpfs mount")
    if (mount.uid_mappings or mount.gid_mappings) and not bind:
        raise InvalidParameter(f"mount {mount.destination}: id-mapped mounts are only supported for bind-mounts")
    return MountOptions(
        bind=bind,
        recursive=recursive,
        set_=set_,
        clear=clear,
        recursive_set=recursive_set,
        recursive_clear=recursive_clear,
        propagation=tuple(propagation),
        copy_up=copy_up,
        idmap=idmap or bool(mount.uid_mappings),
        recursive_idmap=recursive_idmap,
        data=tuple(data),
    )


def _apply(set_: int, clear: int, bits: tuple[int, int]) -> tuple[int, int]:
    """Later options win over earlier ones: what one sets is no longer to be cleared, and the other way round."""
    on, off = bits
    return (set_ & ~off) | on, (clear & ~on) | off
