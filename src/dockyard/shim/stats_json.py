"""Use of resources as it goes to the daemon: the names of `dockyard.cgroups.stats`, nested as there."""

from collections.abc import Mapping
from typing import Any

from dockyard.cgroups.stats import Stats


def stats_to_json(stats: Stats) -> dict[str, Any]:
    """`stats` as an object; tuples become lists, records become objects."""
    return {name: _plain(value) for name, value in stats._asdict().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        if hasattr(value, "_asdict"):
            return {name: _plain(field) for name, field in value._asdict().items()}
        return [_plain(element) for element in value]
    if isinstance(value, Mapping):
        return {name: _plain(field) for name, field in value.items()}
    return value
