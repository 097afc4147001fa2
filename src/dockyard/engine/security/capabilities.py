"""Capabilities of a container: Docker's default set, and what `--cap-add`, `--cap-drop`, `--privileged` make of it.

https://man7.org/linux/man-pages/man7/capabilities.7.html
https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
"""

from collections.abc import Collection, Iterable
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.linux.capabilities import NAMES
from dockyard.spec.runtime.defaults import DEFAULT_CAPABILITIES

ALL_CAPABILITIES: Final[tuple[str, ...]] = NAMES
"""All that exist, in the order of their numbers."""

__all__ = [
    "ALL_CAPABILITIES",
    "DEFAULT_CAPABILITIES",
    "from_mask",
    "normalize_capabilities",
    "resolve_capabilities",
]

_ALL: Final = "ALL"


def from_mask(mask: int) -> tuple[str, ...]:
    """The names of the capabilities in a mask such as that of /proc/<pid>/status; bits without a name are left out."""
    return tuple(name for number, name in enumerate(ALL_CAPABILITIES) if mask >> number & 1)


def normalize_capabilities(names: Iterable[str], available: Collection[str] = ALL_CAPABILITIES) -> tuple[str, ...]:
    """`net_admin` → `CAP_NET_ADMIN`; `all` → `ALL`. Order and repetitions are kept.

    Args:
        names: as the user wrote them.
        available: those that the daemon itself has.

    Raises:
        InvalidParameter: a name that doesn't exist, or is not available here.
    """
    normalized = []
    for name in names:
        upper = name.upper()
        if upper != _ALL:
            upper = upper if upper.startswith("CAP_") else f"CAP_{upper}"
            if upper not in ALL_CAPABILITIES:
                raise InvalidParameter(f'unknown capability: "{upper}"')
            if upper not in available:
                raise InvalidParameter(
                    f'capability not supported by your kernel or not available in the current environment: "{upper}"'
                )
        normalized.append(upper)
    return tuple(normalized)


def resolve_capabilities(
    add: Iterable[str], drop: Iterable[str], privileged: bool, available: Collection[str] = ALL_CAPABILITIES
) -> tuple[str, ...]:
    """The capabilities of a container.

    "ALL" in `add` wins over "ALL" in `drop`; a name in both is added. A privileged container has all that are
    available, whatever else is asked for.

    Args:
        add: `HostConfig.CapAdd`, as the user wrote it.
        drop: `HostConfig.CapDrop`.
        privileged: `HostConfig.Privileged`.
        available: those that the daemon itself has, in the order of their numbers.

    Raises:
        InvalidParameter: a name that doesn't exist, or is not available here.
    """
    if privileged:
        return tuple(available)
    added = normalize_capabilities(add, available)
    dropped = normalize_capabilities(drop, available)
    if _ALL in added:
        return tuple(name for name in available if name not in dropped)
    if _ALL in dropped:
        return tuple(dict.fromkeys(added))
    kept = [name for name in DEFAULT_CAPABILITIES if name not in dropped]
    return tuple(dict.fromkeys([*kept, *added]))
