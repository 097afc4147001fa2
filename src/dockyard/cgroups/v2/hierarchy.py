"""What is mounted of version 2."""

from collections.abc import Mapping

from dockyard.cgroups.directories import clean_path
from dockyard.cgroups.files import read
from dockyard.cgroups.own_path import own_paths
from dockyard.cgroups.v2.cgroup import CgroupV2


class HierarchyV2:
    """The one hierarchy mounted at `root`; `own_file` is /proc/self/cgroup, read when a relative path is asked for."""

    version = 2

    def __init__(self, root: str, own_file: str) -> None:
        self._root = root
        self._own_file = own_file

    @property
    def controllers(self) -> frozenset[str]:
        """What cgroup.controllers lists, and what every v2 kernel does without a controller."""
        return frozenset(read(self._root, "cgroup.controllers").split()) | {"devices", "freezer"}

    def cgroup(self, path: str) -> CgroupV2:
        """The cgroup at `path`: absolute from the top, relative from this process's own. It need not exist."""
        path = clean_path(path)
        if not path.startswith("/"):
            path = own_paths(self._own_file).get("", "/").rstrip("/") + "/" + path
        return CgroupV2(self._root, self._root + path)

    def restored(self, paths: Mapping[str, str]) -> CgroupV2:
        """The cgroup whose `paths` were kept."""
        return CgroupV2(self._root, paths[""])
