"""Platforms in requests about images that are here: the one that an image has, or this machine's.

Importing names them as text (see `spec.image.platform`), everything about images as JSON
(`{"os": "linux", "architecture": "amd64"}`).
"""

import os
from collections.abc import Iterable

import msgspec

from dockyard.errors import InvalidParameter, NotFound
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


def check_oci_platforms(texts: Iterable[str], image: Platform | None = None) -> None:
    """Raises NotFound when a platform in `texts` (JSON) is another than that of `image`, or of this machine.

    InvalidParameter, in Docker's words, for what isn't a platform.
    """
    for text in filter(None, texts):
        try:
            platform = msgspec.json.decode(text, type=_OciPlatform)
        except msgspec.MsgspecError as error:
            raise InvalidParameter(f"failed to parse platform: {error}") from error
        if not platform.os or not platform.architecture:
            raise InvalidParameter("both OS and Architecture must be provided")
        _check(platform.os, SAME_ARCHITECTURE.get(platform.architecture, platform.architecture), image)


def _check(system: str, architecture: str, image: Platform | None = None) -> None:
    machine = SAME_ARCHITECTURE.get(os.uname().machine, os.uname().machine)
    here = image or Platform(machine, "linux")
    if system not in ("", here.os) or architecture not in ("", here.architecture):
        wanted = "/".join(part for part in (system, architecture) if part)
        raise NotFound(f"image was found but does not provide the specified platform ({wanted})")
