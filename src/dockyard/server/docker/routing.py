"""Finds the operation that a request means, from the table in `dockyard.api.routes`.

Paths are matched as Docker's daemon does: decoded first, version prefix off, a parameter takes anything between what
stands around it (`/images/localhost:5000/a/b:tag/json`). Where several patterns fit, the one with the longest fixed
part wins, so that `/images/json` is the list and not an image. A HEAD that isn't in the table is not found.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from dockyard.api.routes import Route

VERSION_PREFIX = re.compile(r"/v([0-9.]+)(/.*)")


class Match(NamedTuple):
    """A route and the text that its parameter took; empty when it has none."""

    operation: str
    template: str
    name: str


class Target(NamedTuple):
    """A request's target in parts: the version that it names ("" for none), decoded path, raw query."""

    version: str
    path: str
    query: str


class _Pattern(NamedTuple):
    prefix: str
    suffix: str
    match: Match


def split_target(target: str) -> Target:
    """Takes a request target apart: `/v1.47/images/a%2Fb/json?x=1` is ("1.47", "/images/a/b/json", "x=1")."""
    if not target.startswith("/"):  # absolute form, as a proxy is asked (RFC 9112, 3.2.2)
        _, _, rest = target.partition("://")
        target = "/" + rest.partition("/")[2]
    path, _, query = target.partition("?")
    if "%" in path:
        path = unquote(path, errors="replace")
    versioned = VERSION_PREFIX.fullmatch(path)
    return Target(versioned[1], versioned[2], query) if versioned else Target("", path, query)


class Router:
    """Looks operations up by method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._fixed: dict[tuple[str, str], Match] = {}
        self._patterns: dict[tuple[str, str], list[_Pattern]] = {}
        for method, template, operation in routes:
            self._add(method, template, operation)
        for patterns in self._patterns.values():
            patterns.sort(key=lambda pattern: -len(pattern.prefix) - len(pattern.suffix))

    def _add(self, method: str, template: str, operation: str) -> None:
        match = Match(operation, template, "")
        prefix, brace, rest = template.partition("{")
        if not brace:
            self._fixed[method, template] = match
            return
        noun = prefix[1:].partition("/")[0]
        suffix = rest.partition("}")[2]
        self._patterns.setdefault((method, noun), []).append(_Pattern(prefix, suffix, match))

    def find(self, method: str, path: str) -> Match | None:
        """The operation for `method` on `path` (decoded, without version), or None when there is none."""
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed
        noun = path[1:].partition("/")[0]
        for prefix, suffix, match in self._patterns.get((method, noun), ()):
            if path.startswith(prefix) and path.endswith(suffix) and len(path) > len(prefix) + len(suffix):
                return match._replace(name=path[len(prefix) : len(path) - len(suffix)])
        return None
