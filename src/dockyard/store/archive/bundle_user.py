"""`User` of an image (`user`, `uid`, `user:group`, `uid:gid`) to numbers, by the image's own /etc/passwd and
/etc/group.

oci image-spec v1.1, conversion.md, "Config.User". The files are the image's, so they may be anything: read through
the root, bounded, line by line.
"""

import os
from typing import NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.fs.rooted import open_in_root

_LIMIT_BYTES = 8 << 20


class User(NamedTuple):
    """Numbers of a process."""

    uid: int
    gid: int
    groups: tuple[int, ...]


def resolve_user(rootfs: str, text: str) -> User:
    """The user `text` names in `rootfs`; root for an empty one. Raises InvalidParameter when it isn't there."""
    name, _, group = text.partition(":")
    passwd, groups = _lines(rootfs, "etc/passwd", 4), _lines(rootfs, "etc/group", 3)
    row = next((row for row in passwd if row[0] == name or (name.isdigit() and row[2] == name)), None)
    if row is not None and row[2].isdigit() and row[3].isdigit():
        uid, gid, login = int(row[2]), int(row[3]), row[0]
    elif name.isdigit() or not name:
        uid, gid, login = int(name or "0"), 0, ""
    else:
        raise InvalidParameter(f"unable to find user {name}: no matching entries in passwd file")
    if group:
        return User(uid, _gid(groups, group), ())
    extra = tuple(
        int(row[2]) for row in groups if row[2].isdigit() and len(row) > 3 and login and login in row[3].split(",")
    )
    return User(uid, gid, extra)


def _gid(groups: list[list[str]], name: str) -> int:
    row = next((row for row in groups if row[0] == name and row[2].isdigit()), None)
    if row is not None:
        return int(row[2])
    if name.isdigit():
        return int(name)
    raise InvalidParameter(f"unable to find group {name}: no matching entries in group file")


def _lines(rootfs: str, path: str, fields: int) -> list[list[str]]:
    try:
        descriptor = open_in_root(rootfs, path)
    except OSError:
        return []
    with os.fdopen(descriptor, "rb") as file:
        text = file.read(_LIMIT_BYTES).decode(errors="replace")
    rows = (line.strip().split(":") for line in text.splitlines())
    return [row for row in rows if len(row) >= fields and row[0]]
