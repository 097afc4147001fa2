"""The cgroup that a bundle's configuration names, for those who have nothing but the bundle."""

from dockyard.cgroups.contract import Cgroup
from dockyard.cgroups.detect import detect
from dockyard.errors import Unavailable
from dockyard.shim.directory import ShimDirectory, read_object


def configured_cgroup(directory: ShimDirectory) -> Cgroup | None:
    """The cgroup at `linux.cgroupsPath` of the bundle's config.json; None when that names none, or none are mounted."""
    linux = (read_object(directory.config) or {}).get("linux")
    path = linux.get("cgroupsPath") if isinstance(linux, dict) else None
    if not isinstance(path, str) or not path:
        return None
    try:
        return detect().cgroup(path)
    except Unavailable:
        return None
