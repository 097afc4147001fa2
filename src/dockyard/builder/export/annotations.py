"""Annotations of what is exported, by attributes and by the frontend's metadata.

    grammar   "annotation" ["-" type] ["[" platform "]"] "." key
    type      manifest (where none is given) | manifest-descriptor | index | index-descriptor
    good      annotation.org.opencontainers.image.title   annotation-index.foo   annotation-manifest[linux/arm64].foo
    bad       annotation-layer.foo

https://github.com/moby/buildkit/blob/v0.25.1/docs/annotations.md
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import parse_platform, platform_text

_KEY = re.compile(r"annotation(?:-([a-z-]+))?(?:\[([A-Za-z0-9_/-]+)\])?\.(\S+)")
_TYPES = frozenset(("manifest", "manifest-descriptor", "index", "index-descriptor"))


@dataclass(frozen=True, slots=True)
class Annotations:
    """Values by type, platform ("" for all) and key."""

    given: Mapping[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def platforms(self) -> set[str]:
        """The platforms that some are meant for."""
        return {platform for _, platform, _ in self.given if platform}

    def of(self, type_: str, platform: Platform | None = None) -> dict[str, str]:
        """Those of one type: for an index all, for a manifest those for every platform and for `platform`."""
        wanted = {"", platform_text(platform) if platform is not None else ""}
        whole = type_.startswith("index")
        return {
            key: value
            for (kind, place, key), value in sorted(self.given.items())
            if kind == type_ and (whole or place in wanted)
        }

    def __or__(self, other: "Annotations") -> "Annotations":
        return Annotations({**self.given, **other.given})


def take_annotations(given: Mapping[str, str]) -> tuple[Annotations, dict[str, str]]:
    """The annotations in `given`, and what else is in it. Raises InvalidParameter."""
    found: dict[tuple[str, str, str], str] = {}
    rest: dict[str, str] = {}
    for name, value in given.items():
        match = _KEY.fullmatch(name)
        if match is None:
            rest[name] = value
            continue
        type_, platform, key = match[1] or "manifest", match[2], match[3]
        if type_ not in _TYPES:
            raise InvalidParameter(f"unrecognized annotation type {type_}")
        place = platform_text(parse_platform(platform)) if platform else ""
        found[type_, place, key] = value
    return Annotations(found), rest
