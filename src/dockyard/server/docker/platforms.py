"""Platforms in requests: whether they are of this machine, which is the only one whose images are here.

Creating and importing name them as text, everything about images as JSON (`{"os": "linux", "architecture": "amd64"}`).

    grammar   os ["/" architecture ["/" variant]] | architecture
    good      linux/amd64   linux   x86_64
    bad       linux/amd64/v1/x   windows!

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md#platform-variants
"""

import os
import re
from collections.abc import Iterable

import msgspec

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


class _OciPlatform(msgspec.Struct, frozen=True):
    os: str = ""
    architecture: str = ""
    variant: str = ""


def check_platform(text: str) -> None:
    """Raises NotFound when `text` names another platform than this machine's; an empty text is fine."""
    if text:
        _check(*parse_platform(text))


def check_oci_platforms(texts: Iterable[str]) -> None:
    """The same for platforms as JSON; InvalidParameter, in Docker's words, for what isn't one."""
    for text in filter(None, texts):
        try:
            platform = msgspec.json.decode(text, type=_OciPlatform)
        except msgspec.MsgspecError as error:
            raise InvalidParameter(f"failed to parse platform: {error}") from error
        if not platform.os or not platform.architecture:
            raise InvalidParameter("both OS and Architecture must be provided")
        _check(platform.os, SAME_ARCHITECTURE.get(platform.architecture, platform.architecture))


def _check(system: str, architecture: str) -> None:
    here = SAME_ARCHITECTURE.get(os.uname().machine, os.uname().machine)
    if system not in ("", "linux") or architecture not in ("", here):
        wanted = "/".join(part for part in (system, architecture) if part)
        raise NotFound(f"image was found but does not provide the specified platform ({wanted})")
