"""`-v` and `--tmpfs`: the short forms of mounts.

-v /path                     an anonymous volume          -v name:/path[:options]   a named volume
-v /host/path:/path[:ro,z]   a bind mount                 --tmpfs /path[:options]
"""

from __future__ import annotations

import os

from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def volumes(specs: Iterable[str]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """(Binds, Volumes) of the API: what has a source, and anonymous volumes. Relative host paths become absolute."""
    binds: list[str] = []
    anonymous: dict[str, dict[str, str]] = {}
    for spec in specs:
        if not spec:
            raise InvalidParameter("invalid empty volume spec")
        parts = spec.split(":")
        target = parts[1] if len(parts) > 1 else ""
        if len(parts) > 1 and not target and spec != ":":
            raise InvalidParameter(f"invalid spec: {spec}: empty section between colons")
        if len(parts) == 1 or (len(parts) == 2 and not target.startswith("/")):
            anonymous[spec] = {}
            continue
        source = parts[0]
        if source.startswith("."):
            source = os.path.abspath(source)
        elif source.startswith("~"):
            source = os.path.expanduser(source)
        binds.append(":".join([source, *parts[1:]]))
    return binds, anonymous


def tmpfs(specs: Iterable[str]) -> dict[str, str]:
    """Tmpfs of the API: options by path."""
    return {path: options for path, _, options in (spec.partition(":") for spec in specs)}
