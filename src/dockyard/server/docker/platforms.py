"""Platforms in requests (`linux/amd64`, `arm64`, `linux/arm/v7`): whether they are of this machine.

    grammar   os ["/" architecture ["/" variant]] | architecture
    good      linux/amd64   linux   x86_64
    bad       linux/amd64/v1/x   windows!

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md#platform-variants
"""

import os
import re

from dockyard.errors import InvalidParameter, NotFound

PART = re.compile(r"[A-Za-z0-9_.-]+")
SAME_ARCHITECTURE = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "i386": "386",
    "i686": "386",
    "armhf": "arm",
}
KNOWN_SYSTEMS = frozenset({"linux", "windows", "darwin", "freebsd"})


def parse_platform(text: str) -> tuple[str, str]:
    """System and architecture in Go's names; "" for what isn't given. InvalidParameter for what isn't a platform."""
    parts = text.lower().split("/")
    if len(parts) > 3 or not all(PART.fullmatch(part) for part in parts):
        raise InvalidParameter(f'"{text}" is an invalid platform specifier: platform must match "{PART.pattern}"')
    if len(parts) == 1 and parts[0] not in KNOWN_SYSTEMS:
        return "", SAME_ARCHITECTURE.get(parts[0], parts[0])
    architecture = parts[1] if len(parts) > 1 else ""
    return parts[0], SAME_ARCHITECTURE.get(architecture, architecture)


def check_platform(text: str) -> None:
    """Raises NotFound when `text` names another platform than this machine's; an empty text is fine."""
    if not text:
        return
    system, architecture = parse_platform(text)
    here = SAME_ARCHITECTURE.get(os.uname().machine, os.uname().machine)
    if system not in ("", "linux") or architecture not in ("", here):
        raise NotFound(f"image was found but does not provide the specified platform ({text})")
