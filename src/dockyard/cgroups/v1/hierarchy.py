"""What is mounted of version 1."""

from collections.abc import Mapping

from dockyard.cgroups.directories import clean_path
from dockyard.cgroups.own_path import own_paths
from dockyard.cgroups.v1.cgroup import CgroupV1


class HierarchyV1:
    """The controllers of version 1 by their mount points (`name=systemd` counts as one).

    `own_file` is /proc/self/cgroup, read only when a relative path is asked for.
    """

    version = 1

    def __init__(self, mounts: Mapping[str, str], own_file: str) -> None:
        self._mounts = dict(mounts)
        self._own_file = own_file
        self.controllers = frozenset(name for name in mounts if "=" not in name)

    def cgroup(self, path: str) -> CgroupV1:
        """The cgroup at `path`: absolute from the top, relative from this process's own. It need not exist."""
        path = clean_path(path)
        if path.startswith("/"):
            return CgroupV1({name: mount + path for name, mount in self._mounts.items()})
        own = own_paths(self._own_file)
        return CgroupV1(
            {name: f"{mount}{own.get(name, '/').rstrip('/')}/{path}" for name, mount in self._mounts.items()}
        )

    def restored(self, paths: Mapping[str, str]) -> CgroupV1:
        """The cgroup whose `paths` were kept."""
        return CgroupV1(paths)
