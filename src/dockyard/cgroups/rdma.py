"""RDMA resources, the same in both versions: Documentation/admin-guide/cgroup-v2.rst "RDMA"."""

from dockyard.cgroups.files import read_if_present, write
from dockyard.cgroups.stats import RdmaStats
from dockyard.spec.runtime import Resources

UNLIMITED = (1 << 32) - 1


def set_limits(directory: str, resources: Resources) -> None:
    """Write a line for each device."""
    for device, limit in resources.rdma.items():
        parts = [device]
        if limit.hca_handles is not None:
            parts.append(f"hca_handle={limit.hca_handles}")
        if limit.hca_objects is not None:
            parts.append(f"hca_object={limit.hca_objects}")
        write(directory, "rdma.max", " ".join(parts))


def stats(directory: str, name: str) -> dict[str, RdmaStats]:
    """The lines of the file `name` (`rdma.current` or `rdma.max`) by device."""
    found = {}
    for line in read_if_present(directory, name).splitlines():
        device, *pairs = line.split()
        values = {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
        found[device] = RdmaStats(_number(values.get("hca_handle", "0")), _number(values.get("hca_object", "0")))
    return found


def _number(text: str) -> int:
    return UNLIMITED if text == "max" else int(text)
