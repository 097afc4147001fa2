"""A mount as a value: what one side describes and another performs.

A graph driver answers "how does this container's root come about" with a tuple of these; the shim performs them in the
host's mount namespace before it forks PID 1, and so needs to know nothing of layers. mount(2), mount(8) for the words.
"""

from typing import Any, NamedTuple

Ranges = tuple[tuple[int, int, int], ...]
"""Mappings of ids: first id on disk, first id that is seen, how many."""


class IdMap(NamedTuple):
    """Other owners for the files below `directory`, in one mount that uses them (mount_setattr(2), IDMAP)."""

    directory: str
    uids: Ranges
    gids: Ranges


class Mount(NamedTuple):
    """One call of mount(2).

    `options` are words as in fstab: flags (`ro`, `rbind`, `nosuid`) and filesystem data (`lowerdir=…`) mixed, in order.
    `directory`, when not empty, must be the working directory while mounting: relative paths in `options` start there.
    That is how an overlay of 128 layers fits into the single page that mount(2) takes as data.
    With `id_map` the files have owners that differ from those on disk: those of a container in a user namespace.
    `beneath`, of a bind, is a path below `source` that is bound in its place, looked up as in a chroot to `source`: no
    symbolic link leads out, whoever changes it meanwhile. `target` is made if it isn't there, of the same kind.
    """

    type: str
    source: str
    target: str
    options: tuple[str, ...] = ()
    directory: str = ""
    id_map: IdMap | None = None
    beneath: str = ""


def mount_from_json(fields: list[Any]) -> Mount:
    """A mount from the list that JSON makes of it; IndexError, TypeError when `fields` isn't such a list."""
    kind, source, target, options, directory, id_map, beneath = fields
    mapped = None if id_map is None else IdMap(id_map[0], _ranges(id_map[1]), _ranges(id_map[2]))
    return Mount(kind, source, target, tuple(options), directory, mapped, beneath)


def _ranges(found: list[list[int]]) -> Ranges:
    return tuple((int(one[0]), int(one[1]), int(one[2])) for one in found)
