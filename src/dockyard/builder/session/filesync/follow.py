"""Paths of COPY may lead through symbolic links: the links and what they lead to become include patterns."""

import os
import posixpath
import re
import stat

from dockyard.builder.dockerfile.ignore import Ignore

_LINKS = 255
"""How many links all paths together may lead through: a circle must end."""
_WILDCARDS = re.compile(r"[*?\[]")


def follow_links(root: str, paths: list[str]) -> list[str]:
    """Include patterns for `paths` below the folder `root`, each of which may have wildcards.

    A link that leads out of the folder means what is there from the folder's root, as in a chroot. Empty when one of
    them is the folder itself: then nothing is left out.
    """
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    pending = [_relative(path) for path in paths]
    while pending:
        before, rest = "", pending.pop()
        while True:
            step, _, rest = rest.partition("/")
            before = posixpath.join(before, step)
            targets = _targets(root, before)
            if targets and (before, rest) not in seen and len(seen) < _LINKS:
                seen.add((before, rest))
                pending += [_relative(posixpath.join(target, rest)) for target in targets]
            if targets or not rest:
                found.add(before or ".")
                break
    return [] if "." in found else _without_those_below_others(sorted(found))


def _relative(path: str) -> str:
    """`path` from the folder's root, `..` ending there; empty for the root itself."""
    return posixpath.normpath("/" + path).strip("/")


def _targets(root: str, path: str) -> list[str]:
    """Where the links lead that `path` names; its last step may have wildcards."""
    folder, name = posixpath.split(path)
    if not _WILDCARDS.search(name):
        target = _target(root, path)
        return [target] if target is not None else []
    pattern = Ignore([name if not name.startswith("!") else "\\" + name])
    try:
        names = os.listdir(os.path.join(root, folder))
    except OSError:
        return []
    links = (_target(root, posixpath.join(folder, one)) for one in sorted(names) if pattern.excludes(one))
    return [target for target in links if target is not None]


def _target(root: str, path: str) -> str | None:
    full = os.path.join(root, path)
    try:
        if not stat.S_ISLNK(os.lstat(full).st_mode):
            return None
        target = os.readlink(full)
    except OSError:
        return None
    return target if target.startswith("/") else posixpath.join("/", posixpath.dirname(path), target)


def _without_those_below_others(paths: list[str]) -> list[str]:
    kept: list[str] = []
    for path in paths:
        if not kept or not path.startswith(kept[-1] + "/"):
            kept.append(path)
    return kept
