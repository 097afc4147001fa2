"""What the caller hands to the container's first process: a root and its mounts, opened and checked, as values."""

import os
from typing import NamedTuple

from dockyard.runtime.rootfs.options import MountOptions
from dockyard.spec.runtime import Mount


class PreparedMount(NamedTuple):
    """One mount of the spec. `tree` is the detached copy of its source for a bind mount, else None."""

    mount: Mount
    options: MountOptions
    tree: int | None = None
    is_directory: bool = True


class CgroupPart(NamedTuple):
    """One hierarchy below the mount of type cgroup: its directory's name, and a detached mount or what to mount."""

    name: str
    tree: int | None
    fstype: str = ""
    data: tuple[str, ...] = ()


class PreparedRoot(NamedTuple):
    """Everything that was opened in the host's mount namespace. Descriptors are close-on-exec.

    `tree` is a detached copy of the root with all that is mounted in it.
    """

    tree: int
    mounts: tuple[PreparedMount, ...]
    cgroup_parts: tuple[CgroupPart, ...] = ()
    null: int = -1
    device_trees: tuple[tuple[str, int], ...] = ()
    mount_label: str = ""

    def close(self) -> None:
        """Close all descriptors."""
        os.close(self.tree)
        if self.null >= 0:
            os.close(self.null)
        for prepared in self.mounts:
            if prepared.tree is not None:
                os.close(prepared.tree)
        for part in self.cgroup_parts:
            if part.tree is not None:
                os.close(part.tree)
        for _, tree in self.device_trees:
            os.close(tree)
