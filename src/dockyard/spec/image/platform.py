"""Platforms: how people write them, and which image fits which machine.

    grammar   os ["/" architecture ["/" variant]] | architecture
    good      linux/amd64   linux   x86_64   linux/arm/v7
    bad       linux/amd64/v1/x   windows!

A machine runs images of its own platform, and those of older ones that its processor still understands: arm64 runs
arm/v8 and below, arm/v7 runs v6 and v5, amd64 runs 386. The order is containerd's.

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md#platform-variants
https://github.com/containerd/platforms/blob/v0.2.1/compare.go
"""

import re
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform

PART: Final = re.compile(r"[A-Za-z0-9_.-]+")
KNOWN_SYSTEMS: Final = frozenset({"linux", "windows", "darwin", "freebsd"})
_ARCHITECTURES: Final = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
}
_ARM_VARIANTS: Final = ("v8", "v7", "v6", "v5")


def parse_platform(text: str) -> Platform:
    """The platform in `text`; empty fields for what isn't given. Raises InvalidParameter."""
    parts = text.lower().split("/")
    if len(parts) > 3:
        raise InvalidParameter(f'"{text}": cannot parse platform specifier: invalid argument')
    if not all(PART.fullmatch(part) for part in parts):
        raise InvalidParameter(f'"{text}" is an invalid platform specifier: platform must match "{PART.pattern}"')
    if len(parts) == 1 and parts[0] not in KNOWN_SYSTEMS:
        return normalized(Platform(parts[0]))
    system, architecture, variant = (*parts, "", "")[:3]
    return normalized(Platform(architecture, system, variant))


def normalized(platform: Platform) -> Platform:
    """With the names that Go uses, and without a variant where it is the only one."""
    system, architecture, variant = platform.os.lower(), platform.architecture.lower(), platform.variant.lower()
    architecture, implied = _ARCHITECTURES.get(architecture, (architecture, ""))
    variant = implied or variant
    if variant.isdigit():
        variant = f"v{variant}"
    if architecture == "arm":
        variant = variant or "v7"
    elif (architecture, variant) in (("arm64", "v8"), ("amd64", "v1")):
        variant = ""
    return platform._replace(os=system, architecture=architecture, variant=variant)


def platform_text(platform: Platform) -> str:
    """`linux/arm/v7`, as it is shown."""
    return "/".join(filter(None, (platform.os or "unknown", platform.architecture, platform.variant)))


def fitting(machine: Platform) -> list[Platform]:
    """All platforms whose images run on `machine`, best first."""
    own = normalized(machine)
    if own.architecture == "amd64":
        level = int(own.variant[1:]) if own.variant[1:].isdigit() else 1
        return [own._replace(variant=f"v{n}" if n > 1 else "") for n in range(min(level, 9), 0, -1)] + [
            own._replace(architecture="386", variant="")
        ]
    if own.architecture == "arm64":
        newer = [own] if own.variant else []
        return [*newer, own._replace(variant=""), *(own._replace(architecture="arm", variant=v) for v in _ARM_VARIANTS)]
    if own.architecture == "arm" and own.variant in _ARM_VARIANTS:
        return [own._replace(variant=v) for v in _ARM_VARIANTS[_ARM_VARIANTS.index(own.variant) :]]
    return [own]


def rank(offered: Platform, wanted: list[Platform]) -> int | None:
    """The place of `offered` among what `fitting` gave (0 is best), or None when it doesn't run there."""
    offered = normalized(offered)._replace(os_version="")
    for place, platform in enumerate(wanted):
        if platform._replace(os_version="") == offered:
            return place
    return None


def satisfies(found: Platform, wanted: Platform) -> bool:
    """Whether an image of platform `found` is what somebody asks for with `wanted`; empty fields don't matter."""
    found, asked = normalized(found), normalized(wanted)
    return (
        asked.os in ("", found.os)
        and asked.architecture in ("", found.architecture)
        and (not wanted.variant or asked.variant == found.variant or not found.variant)
    )
