"""The mount of type cgroup: in version 1 a tmpfs with a directory for each hierarchy, in version 2 one mount.

Without a cgroup namespace the container sees its own cgroup only because just that directory is bound; with one, the
hierarchy is mounted anew from inside, where its root is the container's cgroup.
"""

import os
from collections.abc import Mapping

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import (
    AT_FDCWD,
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NOEXEC,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_RDONLY,
    attach,
    clone_tree,
    new_filesystem,
    set_attributes,
)
from dockyard.runtime.rootfs.options import MountOptions
from dockyard.runtime.rootfs.prepared import CgroupPart
from dockyard.spec.runtime import Spec

ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC


def prepare(spec: Spec, paths: Mapping[str, str], opened: list[int]) -> tuple[CgroupPart, ...]:
    """In the caller: what is to be shown, from the container's cgroup `paths`; trees are added to `opened`."""
    namespaced = spec.linux is not None and any(each.type == "cgroup" for each in spec.linux.namespaces)
    parts = []
    for name, path in paths.items():
        if not namespaced:
            try:
                tree = clone_tree(AT_FDCWD, path)
            except OSError as error:
                raise SystemFailure(f"open cgroup {path}: {reason(error)}") from error
            opened.append(tree)
            parts.append(CgroupPart(name, tree))
        elif name == "":
            parts.append(CgroupPart(name, None, "cgroup2"))
        else:
            data = ("none", name) if name.startswith("name=") else (name,)
            parts.append(CgroupPart(name, None, "cgroup", data))
    return tuple(parts)


def mount(place: int, options: MountOptions, parts: tuple[CgroupPart, ...]) -> None:
    """In the container: attach `parts` on the directory `place`. OSError."""
    read_only = MOUNT_ATTR_RDONLY & options.set_
    if len(parts) == 1 and parts[0].name == "":
        attach(_tree(parts[0], options.set_), place)
        return
    top = new_filesystem("tmpfs", ("mode=0755",), "tmpfs", ATTRIBUTES)
    try:
        attach(top, place)
        for part in parts:
            name = part.name.removeprefix("name=")
            os.mkdir(name, 0o755, dir_fd=top)
            below = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
            tree = _tree(part, ATTRIBUTES | read_only)
            attach(tree, below)
            os.close(below)
            os.close(tree)
        if read_only:
            set_attributes(top, set_=MOUNT_ATTR_RDONLY)
    finally:
        os.close(top)


def _tree(part: CgroupPart, attributes: int) -> int:
    if part.tree is None:
        return new_filesystem(part.fstype, part.data, "cgroup", attributes)
    tree = os.dup(part.tree)
    set_attributes(tree, set_=attributes)
    return tree
