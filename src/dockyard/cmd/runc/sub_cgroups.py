"""`exec --cgroup`: where below the container's cgroup a process goes, controller by controller.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-exec.8.md
"""

from collections.abc import Sequence

from dockyard.errors import InvalidParameter


def sub_cgroups(values: Sequence[str]) -> dict[str, str]:
    """The path by controller; the key "" stands for all.

    Args:
        values: of the flag: `path`, which may stand alone only, or `cpu,memory:path`.

    Raises:
        InvalidParameter: several values and one of them without controllers, or too many colons.
    """
    paths: dict[str, str] = {}
    for value in values:
        controllers, colon, path = value.partition(":")
        if ":" in path:
            raise InvalidParameter(f"invalid --cgroup argument: {value}")
        if not colon:
            if len(values) != 1:
                raise InvalidParameter(f"invalid --cgroup argument: {value} (missing <controller>: prefix)")
            return {"": value}
        paths |= dict.fromkeys(controllers.split(","), path)
    return paths
