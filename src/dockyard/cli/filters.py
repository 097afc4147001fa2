"""`--filter name=value`, given once or more."""

from __future__ import annotations

from dockyard.cli.flags.spec import Flag, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def _filter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if text and not equals:
        raise ValueError("bad format of filter (expected name=value)")
    return name.strip().lower(), value.strip()


FILTER = Kind("filter", _filter, many=True)
FLAG = Flag("filter", "f", FILTER, "Show only what fits: name=value")


def filters(given: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Values by name."""
    found: dict[str, list[str]] = {}
    for name, value in given:
        if name:
            found.setdefault(name, []).append(value)
    return found
