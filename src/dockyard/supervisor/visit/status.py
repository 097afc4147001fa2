"""What is at a path of a container's root, and where a symbolic link there leads in the end."""

import os
import stat
from typing import Any

from dockyard.fs.paths import components
from dockyard.linux.open_beneath import in_root

_MOST_LINKS = 255
"""How many links are followed before it is a loop."""


def status_of(root: int, path: str) -> dict[str, Any]:
    """lstat(2) of `path`: `mode` (with its type), `size` in bytes, `mtime_ns`, and `target` of a symbolic link.

    A path that ends in a slash or `/.` is what a link leads to. OSError.
    """
    place = in_root(root, path, os.O_PATH | os.O_NOFOLLOW)
    try:
        found = os.fstat(place)
    finally:
        os.close(place)
    return as_message(found, final_target(root, path) if stat.S_ISLNK(found.st_mode) else "")


def as_message(found: os.stat_result, target: str = "") -> dict[str, Any]:
    """The fields of an answer."""
    return {"mode": found.st_mode, "size": found.st_size, "mtime_ns": found.st_mtime_ns, "target": target}


def final_target(root: int, path: str) -> str:
    """The absolute path to which `path` leads when all links are followed; what doesn't exist stays as it is named."""
    pending = list(reversed(components(os.fsencode(path))))
    done: list[bytes] = []
    links = 0
    while pending:
        step = pending.pop()
        if step == b"..":
            del done[-1:]
            continue
        target = _link(root, (*done, step))
        if target is None:
            done.append(step)
            continue
        links += 1
        if links > _MOST_LINKS:
            break
        if target.startswith(b"/"):
            done = []
        pending += [part for part in reversed(target.split(b"/")) if part and part != b"."]
    return "/" + os.fsdecode(b"/".join(done))


def _link(root: int, steps: tuple[bytes, ...]) -> bytes | None:
    """Where the link at `steps` leads; None when there is none."""
    try:
        place = in_root(root, os.fsdecode(b"/".join(steps)), os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return os.readlink(b"", dir_fd=place)
    except OSError:
        return None
    finally:
        os.close(place)
