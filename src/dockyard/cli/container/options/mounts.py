"""`--mount type=bind,src=/a,dst=/b,readonly`: the long form of mounts, as the API's Mount."""

from __future__ import annotations

from dockyard.cli.container.options.csv_fields import fields
from dockyard.cli.flags.kinds import boolean, memory
from dockyard.cli.flags.spec import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SWITCHES = ("readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src")
_RECURSIVE = ("enabled", "disabled", "writable", "readonly")


class _Mount:
    """What a --mount says so far: the mount, and options that belong to one type only."""

    def __init__(self) -> None:
        self.mount: dict[str, Any] = {"Type": "volume"}
        self.options: dict[str, dict[str, Any]] = {"bind": {}, "volume": {}, "tmpfs": {}, "image": {}}
        self.used: set[str] = set()

    def group(self, key: str) -> dict[str, Any]:
        """The options of the type that `key` (such as `tmpfs-size`) belongs to."""
        kind = key.partition("-")[0]
        self.used.add(kind)
        return self.options[kind]


def mount(text: str) -> dict[str, Any]:
    """The Mount that `text` describes. Raises ValueError with Docker's message."""
    found = _Mount()
    for field in fields(text):
        key, equals, value = field.partition("=")
        key = key.lower()
        if not equals:
            if key not in _SWITCHES:
                raise ValueError(f"invalid field '{field}' must be a key=value pair")
            value = "true"
        setter = _SETTERS.get(key)
        if setter is None:
            raise ValueError(f"unexpected key '{key}' in '{field}'")
        setter(found, key, value)
    return _finished(found)


def _finished(found: _Mount) -> dict[str, Any]:
    kind = found.mount["Type"]
    if not kind:
        raise ValueError("type is required")
    if not found.mount.get("Target"):
        raise ValueError("target is required")
    for other in ("bind", "volume", "image", "tmpfs"):
        if other in found.used and other != kind:
            raise ValueError(f"cannot mix '{other}-*' options with mount type '{kind}'")
    if found.options["bind"].get("ReadOnlyForceRecursive"):
        if not found.mount.get("ReadOnly"):
            raise ValueError("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction")
        if found.options["bind"].get("Propagation") != "rprivate":
            raise ValueError(
                "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction"
            )
    if kind in found.used:
        found.mount[f"{kind.title()}Options"] = found.options[kind]
    return found.mount


def _plain(name: str) -> Callable[[_Mount, str, str], None]:
    def setter(found: _Mount, _key: str, value: str) -> None:
        found.mount[name] = value.lower() if name in ("Type", "Consistency") else value

    return setter


def _read_only(found: _Mount, key: str, value: str) -> None:
    found.mount["ReadOnly"] = _boolean(key, value)


def _boolean(key: str, value: str) -> bool:
    try:
        return boolean(value)
    except ValueError:
        raise ValueError(f"invalid value for {key}: {value}") from None


def _recursive(found: _Mount, key: str, value: str) -> None:
    if value not in _RECURSIVE:
        raise ValueError(f'invalid value for {key}: {value} (must be "enabled", "disabled", "writable", or "readonly")')
    names = {"disabled": "NonRecursive", "writable": "ReadOnlyNonRecursive", "readonly": "ReadOnlyForceRecursive"}
    options = found.group(key)
    if value in names:
        options[names[value]] = True


def _driver(found: _Mount, key: str, value: str) -> None:
    found.group(key).setdefault("DriverConfig", {})["Name"] = value


def _driver_option(found: _Mount, key: str, value: str) -> None:
    name, _, setting = value.partition("=")
    found.group(key).setdefault("DriverConfig", {}).setdefault("Options", {})[name] = setting


def _label(found: _Mount, key: str, value: str) -> None:
    name, _, setting = value.partition("=")
    found.group(key).setdefault("Labels", {})[name] = setting


def _size(found: _Mount, key: str, value: str) -> None:
    try:
        found.group(key)["SizeBytes"] = memory(value)
    except ValueError:
        raise ValueError(f"invalid value for {key}: {value}") from None


def _mode(found: _Mount, key: str, value: str) -> None:
    if not value or not set(value) <= set("01234567"):
        raise ValueError(f"invalid value for {key}: {value}")
    found.group(key)["Mode"] = int(value, 8)


def _option(name: str, convert: Callable[[str, str], Any]) -> Callable[[_Mount, str, str], None]:
    def setter(found: _Mount, key: str, value: str) -> None:
        found.group(key)[name] = convert(key, value)

    return setter


def _same(_key: str, value: str) -> str:
    return value


_SETTERS: dict[str, Callable[[_Mount, str, str], None]] = {
    "type": _plain("Type"),
    "source": _plain("Source"),
    "src": _plain("Source"),
    "target": _plain("Target"),
    "dst": _plain("Target"),
    "destination": _plain("Target"),
    "consistency": _plain("Consistency"),
    "readonly": _read_only,
    "ro": _read_only,
    "bind-propagation": _option("Propagation", lambda _key, value: value.lower()),
    "bind-nonrecursive": _option("NonRecursive", _boolean),
    "bind-recursive": _recursive,
    "bind-create-src": _option("CreateMountpoint", _boolean),
    "volume-subpath": _option("Subpath", _same),
    "volume-nocopy": _option("NoCopy", _boolean),
    "volume-label": _label,
    "volume-driver": _driver,
    "volume-opt": _driver_option,
    "image-subpath": _option("Subpath", _same),
    "tmpfs-size": _size,
    "tmpfs-mode": _mode,
}

MOUNT = Kind("mount", mount, many=True)
