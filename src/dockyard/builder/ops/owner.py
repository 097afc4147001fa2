"""`--chown=user[:group]`: numbers, or names that the stage's own /etc/passwd and /etc/group know."""

import os
import stat

from dockyard.errors import InvalidParameter
from dockyard.fs.paths import components
from dockyard.store.graphdriver.view import View

_LARGEST_FILE_BYTES = 4 << 20
_LARGEST_ID = (1 << 32) - 2


def lenient_owner(text: str, view: View | None) -> tuple[int, int]:
    """User and group as BuildKit finds them: who isn't known is root, a group that isn't known is the user's."""
    user, colon, group = text.partition(":")
    uid = _number(user)
    gid = uid
    if uid is None:
        uid, gid = _find(view, "/etc/passwd", user, 2), _find(view, "/etc/passwd", user, 3)
    if colon:
        number = _number(group)
        found = _find(view, "/etc/group", group, 2) if number is None else number
        gid = gid if found is None else found
    return uid or 0, gid or 0


def resolve_owner(text: str, view: View | None) -> tuple[int, int]:
    """User and group; without a group the one of the user's name, else the user's own. Raises InvalidParameter."""
    user, colon, group = text.partition(":")
    if (colon and (not user or not group)) or ":" in group:
        raise InvalidParameter("invalid chown string format: " + text)
    uid = _number(user)
    if uid is not None and not colon:
        return uid, uid
    if uid is None:
        uid = _find(view, "/etc/passwd", user, 2)
        if uid is None:
            raise _unknown("user", user)
    gid = _number(group) if colon else None
    if gid is None:
        gid = _find(view, "/etc/group", group or user, 2)
    if gid is None and not colon:
        gid = _find(view, "/etc/passwd", user, 3)
    if gid is None:
        raise _unknown("group", group)
    return uid, gid


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    if len(text) > 10 or int(text) > _LARGEST_ID:
        raise InvalidParameter(f"uid/gid out of range: {text}")
    return int(text)


def _find(view: View | None, path: str, name: str, field: int) -> int | None:
    """The number in `field` of the line that begins with `name`."""
    for line in _read(view, path).split("\n"):
        fields = line.split(":")
        if len(fields) > field and fields[0] == name:
            return _number(fields[field])
    return None


def _unknown(kind: str, name: str) -> InvalidParameter:
    return InvalidParameter(
        f"unable to convert uid/gid chown string to host mapping: can't find {kind[0]}id for {kind} {name}: "
        f"no such {kind}: {name}"
    )


def _read(view: View | None, path: str) -> str:
    """A file of the image, which is hostile: no links out of it, regular files of a bounded size only."""
    if view is None:
        return ""
    try:
        steps = view.resolve(components(path.encode()))
        if steps is None:
            return ""
        descriptor = view.open(steps)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return os.read(descriptor, _LARGEST_FILE_BYTES).decode("utf-8", "replace")
    finally:
        os.close(descriptor)
