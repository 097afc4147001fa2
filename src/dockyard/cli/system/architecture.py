"""The machine's architecture by Go's name, which images and `version` use (https://go.dev/doc/install/source#environment)."""

from __future__ import annotations

_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


def go_architecture(machine: str) -> str:
    """Go's name for what uname(2) calls `machine`; others are called alike."""
    return _NAMES.get(machine, machine)
