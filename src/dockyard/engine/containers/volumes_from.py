"""`--volumes-from`: the mounts that a new container takes over from others, pure.

Each entry is `CONTAINER[:MODE]`; a later one wins over an earlier one at the same destination, and whatever the new
container asks for itself wins over all of them. Only a VOLUME of its image gives way (docker run reference,
`--volumes-from`).
"""

from collections.abc import Callable, Iterable

import msgspec

from dockyard.engine.containers.mount_requests import CONSISTENCIES, LABEL_MODES, MountRequest
from dockyard.engine.containers.record import MountPoint
from dockyard.errors import InvalidParameter, NotFound

MODES = frozenset({"ro", "rw"}) | LABEL_MODES | CONSISTENCIES


def inherited_mounts(
    specifications: Iterable[str], mounts_of: Callable[[str], Iterable[MountPoint]]
) -> tuple[MountPoint, ...]:
    """The mount points of the named containers, read-only where theirs or the mode says so.

    `mounts_of` gives those of a container by name or id, or raises NotFound. Raises InvalidParameter, in Docker's
    words, for a malformed entry and, as Docker does, for an unknown container.
    """
    found: dict[str, MountPoint] = {}
    for specification in specifications:
        container, readonly = _parse(specification)
        try:
            mounts = mounts_of(container)
        except NotFound as error:
            raise InvalidParameter(str(error)) from error
        for mount in mounts:
            found[mount.destination] = msgspec.structs.replace(mount, mode="", rw=mount.rw and not readonly)
    return tuple(found.values())


def merged(
    inherited: tuple[MountPoint, ...], requests: tuple[MountRequest, ...]
) -> tuple[tuple[MountPoint, ...], tuple[MountRequest, ...]]:
    """Those of both that are left when no destination has two."""
    taken = {mount.destination for mount in inherited}
    kept = tuple(one for one in requests if not (one.unnamed and one.destination in taken))
    own = {one.destination for one in kept}
    return tuple(mount for mount in inherited if mount.destination not in own), kept


def _parse(specification: str) -> tuple[str, bool]:
    if not specification:
        raise InvalidParameter("volumes-from specification cannot be an empty string")
    container, _, mode = specification.partition(":")
    parts = mode.split(",") if mode else []
    if not MODES.issuperset(parts) or {"ro", "rw"}.issubset(parts) or len(set(parts)) != len(parts):
        raise InvalidParameter(f"invalid mode: {mode}")
    return container, "ro" in parts
