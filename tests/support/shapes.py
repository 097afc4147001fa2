"""The shape of a JSON document: each key path with the JSON type that stands there. Numbers are numbers."""

from collections.abc import Iterator
from typing import Any

NAMES = (
    ".Annotations",
    ".Attributes",
    ".Containers",
    ".ExposedPorts",
    ".IndexConfigs",
    ".Labels",
    ".Networks",
    ".Options",
    ".Ports",
    ".Runtimes",
    ".Sysctls",
    ".Tmpfs",
    ".Volumes",
    ".networks",
    ".stats",
)
"""Where keys are data."""


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Path (list places as `[]`, names as `*`) and type of all that is in a document."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from shape(inner, f"{path}.{'*' if path.endswith(NAMES) else key}")
    elif isinstance(value, list) and value:
        for inner in value:
            yield from shape(inner, f"{path}[]")
    else:
        yield path, "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
