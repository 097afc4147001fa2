"""What a cgroup counts, for the engine: read by the daemon itself; to ask each shim once a second costs six times it.

The engine says where a cgroup is, in the words of the OCI configuration; which version of cgroups the machine has is
known here.
"""

from collections.abc import Callable, Mapping
from typing import Any

CgroupFigures = Callable[[str], Mapping[str, Any]]


def cgroup_figures() -> CgroupFigures:
    """A function from `linux.cgroupsPath` to the fields of `dockyard.cgroups.stats.Stats`.

    It raises SystemFailure when the cgroup is gone. What it needs is loaded at its first call.
    """
    hierarchies: list[Any] = []

    def figures(path: str) -> Mapping[str, Any]:
        from dockyard.cgroups.detect import detect
        from dockyard.shim.stats_json import stats_to_json

        if not hierarchies:
            hierarchies.append(detect())
        return stats_to_json(hierarchies[0].cgroup(path).stats(brief=True))

    return figures
