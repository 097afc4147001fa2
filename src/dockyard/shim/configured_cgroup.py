"""The cgroup that a bundle's configuration names, for those who have nothing but the bundle."""

from dockyard.cgroups.contract import Cgroup, Hierarchy
from dockyard.shim.directory import ShimDirectory, read_object


def configured_cgroup(directory: ShimDirectory, hierarchy: Hierarchy) -> Cgroup | None:
    """The cgroup at `linux.cgroupsPath` of the bundle's config.json; None when that names none."""
    linux = (read_object(directory.config) or {}).get("linux")
    path = linux.get("cgroupsPath") if isinstance(linux, dict) else None
    if not isinstance(path, str) or not path:
        return None
    return hierarchy.cgroup(path)
