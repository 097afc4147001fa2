"""`--security-opt`, `--cap-add`, `--sysctl`."""

from __future__ import annotations

from dockyard.cli.flags.spec import Kind
from dockyard.errors import InvalidParameter
from dockyard.wire import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SYSCTLS = (
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
    "kernel.shmmni", "kernel.shm_rmid_forced",
)  # fmt: skip


def _sysctl(text: str) -> str:
    name, equals, _ = text.partition("=")
    if not equals or not (name in _SYSCTLS or name.startswith(("net.", "fs.mqueue."))):
        raise ValueError(f"sysctl '{text}' is not allowed")
    return text


SYSCTL = Kind("map", _sysctl, many=True)


def security_options(specs: Iterable[str]) -> tuple[list[str], bool]:
    """(SecurityOpt of the API, whether the paths under /proc and /sys stay visible).

    A seccomp profile is read here and sent whole, because the daemon may be on another machine.
    """
    found: list[str] = []
    unmasked = False
    for spec in specs:
        key, separator, value = spec.partition("=") if "=" in spec else spec.partition(":")
        if not separator and spec != "no-new-privileges":
            raise InvalidParameter(f'Invalid --security-opt: "{spec}"')
        if (key, value) == ("systempaths", "unconfined"):
            unmasked = True
        elif key == "seccomp" and value not in ("unconfined", "builtin"):
            found.append(f"seccomp={_profile(value)}")
        else:
            found.append(spec)
    return found, unmasked


def _profile(path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        reason = f"open {path}: {(error.strerror or '').lower()}"
        raise InvalidParameter(f"opening seccomp profile ({path}) failed: {reason}") from error
    try:
        return json_text.dumps(json_text.loads(data))
    except ValueError as error:
        raise InvalidParameter(f"compacting json for seccomp profile ({path}) failed: {error}") from None


def capabilities(added: Iterable[str], dropped: Iterable[str]) -> tuple[list[str], list[str]]:
    """(CapAdd, CapDrop) as the API wants them: with CAP_, each once, sorted; what is added isn't dropped."""
    add = {_capability(name) for name in added}
    drop = {_capability(name) for name in dropped} - (add - {"ALL"})
    if "ALL" in drop and "ALL" in add:
        drop.discard("ALL")
    return sorted(add), sorted(drop)


def _capability(name: str) -> str:
    name = name.strip().upper()
    return name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}"
