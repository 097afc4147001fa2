"""`RUN --mount=type=…,…`: parsed when its variables are known. Dockerfile reference, "RUN --mount"."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from dockyard.builder.dockerfile.csv_fields import csv_fields
from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.dockerfile.suggest import suggestion
from dockyard.builder.dockerfile.truth import TRUTH

TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
SHARING = ("shared", "private", "locked")
KEYS = (
    "type", "from", "source", "target", "readonly", "id", "sharing", "required", "size", "mode", "uid", "gid", "src",
    "dst", "destination", "ro", "rw", "readwrite", "env",
)  # fmt: skip
_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?) ?([kmgtp]?)i?b?\Z", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


@dataclass(frozen=True, slots=True)
class MountFlag:
    """One `--mount`. `size_bytes` 0 for no limit; None for what wasn't given; `env` "" means the secret's own name."""

    type: str = "bind"
    origin: str = ""
    source: str = ""
    target: str = ""
    readonly: bool | None = None
    size_bytes: int = 0
    id: str = ""
    sharing: str = ""
    required: bool = False
    env: str | None = None
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


def parse_mount(text: str, expand: Callable[[str], str]) -> MountFlag:
    """The mount that `text` describes; `expand` replaces variables in values. Raises DockerfileError."""
    mount = MountFlag()
    for field in csv_fields(text, "mounts"):
        key, equals, value = field.partition("=")
        key = key.lower()
        if not equals:
            mount = _bare(mount, key, field)
            continue
        mount = _with(mount, _ALIASES.get(key, key), key, expand(value), field)
    return _checked(mount)


def mount_origins(text: str) -> str:
    """The `from` of a mount, known before any variable is; empty when it has none. Raises DockerfileError."""
    origin = ""
    for field in csv_fields(text, "mounts"):
        key, equals, value = field.partition("=")
        if equals and key.lower() == "from":
            if "$" in value[:-1]:
                raise DockerfileError("'from' doesn't support variable expansion, define alias stage instead")
            origin = value
    return origin


def _bare(mount: MountFlag, key: str, field: str) -> MountFlag:
    if key in ("readonly", "ro"):
        return replace(mount, readonly=True)
    if key in ("readwrite", "rw"):
        return replace(mount, readonly=False)
    if key == "required":
        _only(mount, key, "secret", "ssh")
        return replace(mount, required=True)
    raise DockerfileError(f"invalid field '{field}' must be a key=value pair")


def _with(mount: MountFlag, name: str, key: str, value: str, field: str) -> MountFlag:
    if name == "type":
        if value.lower() not in TYPES:
            raise DockerfileError(f'unsupported mount type "{value}"{suggestion(value, TYPES)}')
        return replace(mount, type=value.lower())
    if name == "sharing":
        if value.lower() not in SHARING:
            raise DockerfileError(f'unsupported sharing value "{value}"{suggestion(value, SHARING)}')
        return replace(mount, sharing=value.lower())
    if name in ("readonly", "readwrite"):
        return replace(mount, readonly=_boolean(key, value) == (name == "readonly"))
    if name == "required":
        _only(mount, key, "secret", "ssh")
        return replace(mount, required=_boolean(key, value))
    if name == "size":
        _only(mount, key, "tmpfs")
        return replace(mount, size_bytes=_size(value))
    if name in ("mode", "uid", "gid"):
        number = _number(name, value)
        if name == "mode":
            return replace(mount, mode=number)
        return replace(mount, uid=number) if name == "uid" else replace(mount, gid=number)
    if name in ("from", "source", "target", "id", "env"):
        attribute = "origin" if name == "from" else name
        return replace(mount, **{attribute: value})  # type: ignore[arg-type]
    raise DockerfileError(f"unexpected key '{key}' in '{field}'{suggestion(key, KEYS)}")


def _only(mount: MountFlag, key: str, *types: str) -> None:
    if mount.type not in types:
        raise DockerfileError(f"unexpected key '{key}' for mount type '{mount.type}'")


def _boolean(key: str, value: str) -> bool:
    if value not in TRUTH:
        raise DockerfileError(f"invalid value for {key}: {value}")
    return TRUTH[value]


def _size(value: str) -> int:
    match = _SIZE.match(value)
    if match is None:
        raise DockerfileError(f"invalid value for size: {value}")
    return int(float(match[1]) * 1024 ** _POWERS[match[2].lower()])


def _number(name: str, value: str) -> int:
    try:
        number = int(value, 8 if name == "mode" else 10) if value.isascii() and value.isdigit() else -1
    except ValueError:
        number = -1
    if not 0 <= number < 1 << 32:
        raise DockerfileError(f"invalid value {value} for {name}")
    return number


def _checked(mount: MountFlag) -> MountFlag:
    if mount.type not in ("secret", "ssh", "cache"):
        for name, value in (("mode", mount.mode), ("uid", mount.uid), ("gid", mount.gid)):
            if value is not None:
                raise DockerfileError(f'{name} not allowed for "{mount.type}" type mounts')
    if mount.type == "secret":
        if mount.origin:
            raise DockerfileError("secret mount should not have a from")
        if mount.sharing:
            raise DockerfileError("secret mount should not define sharing")
        if not (mount.source or mount.target or mount.id):
            raise DockerfileError("invalid secret mount. one of source, target required")
        if mount.source and mount.id:
            raise DockerfileError("both source and id can't be set")
    if mount.sharing and mount.type != "cache":
        raise DockerfileError(f"invalid cache sharing set for {mount.type} mount")
    if mount.readonly is None:
        return replace(mount, readonly=mount.type not in ("cache", "tmpfs"))
    return mount
