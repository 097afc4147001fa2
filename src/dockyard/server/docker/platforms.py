"""Platforms in requests about images that are here: the one that an image has, or this machine's.

Importing names them as text (see `spec.image.platform`), everything about images as JSON
(`{"os": "linux", "architecture": "amd64"}`).
"""

import os
from collections.abc import Iterable

import msgspec

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import parse_platform

SAME_ARCHITECTURE = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "i386": "386",
    "i686": "386",
    "armhf": "arm",
}


class _OciPlatform(msgspec.Struct, frozen=True):
    os: str = ""
    architecture: str = ""
    variant: str = ""


def imported_platform(text: str) -> Platform | None:
    """What an imported image is said to be for, None for an empty text; InvalidParameter for what isn't Linux."""
    if not text:
        return None
    platform = parse_platform(text)
    if platform.os not in ("", "linux"):
        raise InvalidParameter("operating system is not supported")
    here = os.uname().machine
    return platform._replace(os="linux", architecture=platform.architecture or SAME_ARCHITECTURE.get(here, here))


def oci_platforms(texts: Iterable[str]) -> tuple[Platform, ...]:
    """The platforms in `texts` (JSON). Raises InvalidParameter, in Docker's words, for what isn't one."""
    found = []
    for text in filter(None, texts):
        try:
            platform = msgspec.json.decode(text, type=_OciPlatform)
        except msgspec.MsgspecError as error:
            raise InvalidParameter(f"failed to parse platform: {error}") from error
        if not platform.os or not platform.architecture:
            raise InvalidParameter("both OS and Architecture must be provided")
        found.append(Platform(platform.architecture.lower(), platform.os.lower(), platform.variant.lower()))
    return tuple(found)
