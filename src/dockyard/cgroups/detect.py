"""Which control groups this machine has, from /proc/self/mountinfo: cgroups(7), proc_pid_mountinfo(5)."""

import os
from collections.abc import Mapping

from dockyard.cgroups.contract import Cgroup, Hierarchy
from dockyard.cgroups.v1.cgroup import CgroupV1
from dockyard.cgroups.v1.hierarchy import HierarchyV1
from dockyard.cgroups.v2.cgroup import CgroupV2
from dockyard.cgroups.v2.hierarchy import HierarchyV2
from dockyard.errors import Unavailable

NOT_CONTROLLERS = frozenset({"rw", "ro", "xattr", "noprefix", "clone_children", "release_agent", "seclabel"})
"""Options of a v1 mount that name no controller."""


def detect(root: str = "/sys/fs/cgroup", proc: str = "/proc") -> Hierarchy:
    """The hierarchy mounted at `root`: v2 when that itself is cgroup2, else the v1 controllers below it.

    `proc` is where procfs is. Unavailable when nothing is mounted there.
    """
    controllers: dict[str, str] = {}
    for mount_point, fstype, options in _mounts(f"{proc}/self/mountinfo"):
        if mount_point != root and not mount_point.startswith(root + "/"):
            continue
        if fstype == "cgroup2" and mount_point == root:
            return HierarchyV2(root, f"{proc}/self/cgroup")
        if fstype == "cgroup":
            for name in options:
                if name not in NOT_CONTROLLERS and not name.startswith("release_agent="):
                    controllers.setdefault(name, mount_point)
    if not controllers:
        raise Unavailable(f"cgroups are not mounted at {root}")
    return HierarchyV1(controllers, f"{proc}/self/cgroup")


def restored(paths: Mapping[str, str]) -> Cgroup:
    """The cgroup whose `paths` were kept; nothing of the machine is looked at, because its keys tell the version."""
    if (path := paths.get("")) is not None:
        return CgroupV2(os.path.dirname(path), path)
    return CgroupV1(paths)


def _mounts(mountinfo: str) -> list[tuple[str, str, list[str]]]:
    """Mount point, type and options of the super block, for each line of `mountinfo`."""
    mounts = []
    with open(mountinfo, "rb") as file:
        for line in os.fsdecode(file.read()).splitlines():
            fields, _, rest = line.partition(" - ")
            fstype, _, options = rest.split(" ", 2)
            if fstype.startswith("cgroup"):
                mounts.append((fields.split(" ")[4], fstype, options.split(",")))
    return mounts
