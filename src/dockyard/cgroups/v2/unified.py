"""Files named outright by the spec: config-linux.md "Unified"."""

from dockyard.cgroups.files import write
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write each file as it stands. InvalidParameter for a name that isn't one of a file in this directory."""
    for name, content in resources.unified.items():
        if "/" in name or name in ("", ".", ".."):
            raise InvalidParameter(f"unified resource {name!r} must be a file name (no slashes)")
        for line in content.split("\n"):
            if line:
                write(directory, name, line)
