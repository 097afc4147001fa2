"""`--chown=user[:group]`: numbers, or names that the stage's own /etc/passwd and /etc/group know."""

import os
import stat

from dockyard.errors import InvalidParameter
from dockyard.fs.paths import components
from dockyard.store.graphdriver.view import View

_LARGEST_FILE_BYTES = 4 << 20
_LARGEST_ID = (1 << 32) - 2


def resolve_owner(text: str, view: View | None) -> tuple[int, int]:
    """User and group; without a group it is the number of the user, as in Docker. Raises InvalidParameter."""
    user, colon, group = text.partition(":")
    if (colon and (not user or not group)) or ":" in group:
        raise InvalidParameter("invalid chown string format: " + text)
    uid = _number(user)
    if uid is None:
        uid = _named(view, "/etc/passwd", user, "user")
    if not colon:
        return uid, uid
    gid = _number(group)
    return uid, _named(view, "/etc/group", group, "group") if gid is None else gid


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    if len(text) > 10 or int(text) > _LARGEST_ID:
        raise InvalidParameter(f"uid/gid out of range: {text}")
    return int(text)


def _named(view: View | None, path: str, name: str, kind: str) -> int:
    for line in _read(view, path).split("\n"):
        fields = line.split(":")
        if len(fields) > 2 and fields[0] == name and fields[2].isascii() and fields[2].isdigit():
            number = _number(fields[2])
            if number is not None:
                return number
    raise InvalidParameter(
        f"unable to convert uid/gid chown string to host mapping: can't find {'u' if kind == 'user' else 'g'}id "
        f"for {kind} {name}: no such {kind}: {name}"
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
