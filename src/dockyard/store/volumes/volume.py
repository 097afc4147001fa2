"""A volume's name and options: values, checked with Docker's rules and words.

name     [a-zA-Z0-9][a-zA-Z0-9_.-]+             good: data  web_1.old      bad: a  .x  a/b  "a b"
options  of the driver `local`: type, device, o, which go to mount(8) together
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dockyard.errors import InvalidParameter
from dockyard.fs.mount import Mount

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+\Z", re.ASCII)
_NEEDS = {"device": ("type",), "type": ("device",), "o": ("device", "type")}
_NAME_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume. `mountpoint` is its directory on the host, "" if only its driver knows; `created_at` RFC 3339 text."""

    name: str
    driver: str
    mountpoint: str
    created_at: str
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    scope: str = "local"
    status: Mapping[str, Any] = field(default_factory=dict)
    """What a plugin says of it."""

    @property
    def anonymous(self) -> bool:
        """Made without a name, for one container."""
        return ANONYMOUS_LABEL in self.labels

    def mount(self) -> Mount | None:
        """What must be mounted at `mountpoint` before use; None for a plain directory."""
        if not self.options.get("device"):
            return None
        words = tuple(word for word in self.options.get("o", "").split(",") if word)
        return Mount(self.options["type"], self.options["device"], self.mountpoint, words)


LOCAL = "local"
"""The driver of our own."""

ANONYMOUS_LABEL = "com.docker.volume.anonymous"
"""Docker's mark on volumes that nobody named: `docker volume prune` takes only these unless it is told `--all`."""


def check_name(name: str) -> None:
    """Raises InvalidParameter for what can't be a volume's name: it becomes part of a path."""
    if len(name.encode()) == 1:
        raise InvalidParameter("volume name is too short, names should be at least two alphanumeric characters")
    if not _NAME.match(name) or len(name) > _NAME_LIMIT:
        raise InvalidParameter(
            f'"{name[:_NAME_LIMIT]}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
        )


def check_options(options: Mapping[str, str]) -> None:
    """Raises InvalidParameter for options that the driver `local` doesn't have or that lack another one."""
    for option in options:
        if option == "size":
            raise InvalidParameter("quota size requested but no quota support")
        if option not in _NEEDS:
            raise InvalidParameter(f'invalid option: "{option}"')
    for option, needed in _NEEDS.items():
        for other in needed:
            if option in options and other not in options:
                raise InvalidParameter(f'missing required option: "{other}"')
