"""daemon.json: the daemon's flags as a JSON object.

A key stands for the flag of the same name (or the plural that daemon_flags.FILE_KEYS gives). A key that no flag has is
refused, and so is an option that stands on the command line too: both with Docker's messages, which administrators
know (https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.flags.ulimit import NAMES
from dockyard.cmd.daemon_flags import FILE_KEYS, FLAGS, NOT_IN_FILE
from dockyard.cmd.daemon_values import checked_pool
from dockyard.cmd.registry_values import mirror
from dockyard.engine.config import RuntimeCommand
from dockyard.errors import InvalidParameter


def parse_file(data: bytes, given: Parsed) -> dict[str, Any]:
    """Values by flag name from the bytes of daemon.json; `given` is what the command line says.

    Raises InvalidParameter: not JSON, unknown keys, wrong types, or options that `given` has as well.
    """
    settings = _decoded(data)
    by_key = {FILE_KEYS.get(flag.name, flag.name): flag for flag in FLAGS if flag.name not in NOT_IN_FILE}
    unknown = [key for key in settings if key not in by_key]
    if unknown:
        raise InvalidParameter(f"the following directives don't match any configuration option: {', '.join(unknown)}")
    values = {by_key[key].name: _value(by_key[key], key, value) for key, value in settings.items()}
    conflicts = [
        f"{key}: (from flag: {_shown(given[flag.name])}, from file: {_shown(settings[key])})"
        for key, flag in by_key.items()
        if key in settings and flag.name in given.changed and key != "runtimes"
    ]
    if conflicts:
        raise InvalidParameter(
            "the following directives are specified both as a flag and in the configuration file: "
            + ", ".join(conflicts)
        )
    return values


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise InvalidParameter("the file must be encoded in UTF-8") from None
    if not text:
        return {}
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidParameter(f"invalid JSON: {error}") from None
    except RecursionError:
        raise InvalidParameter("invalid JSON: nested too deeply") from None
    if not isinstance(settings, dict):
        raise _wrong_type(settings, "", "object")
    proxies = settings.pop("proxies", {})
    if not isinstance(proxies, dict):
        raise _wrong_type(proxies, "proxies", "object")
    return {**settings, **proxies}


def _wrong_type(value: object, key: str, wanted: str) -> InvalidParameter:
    names: Mapping[type, str] = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}
    found = "null" if value is None else names.get(type(value), "object")
    where = f"key {key}" if key else "configuration"
    return InvalidParameter(f"json: cannot unmarshal {found} into {where} of type {wanted}")


def _value(flag: Flag, key: str, value: Any) -> Any:
    shape = _SHAPES.get(flag.name)
    try:
        if shape is not None:
            return shape(value, key)
        if flag.kind.many:
            return [
                flag.kind.parse(_typed(item, str, f"{key}[]", "string")) for item in _typed(value, list, key, "array")
            ]
        if flag.kind.label == "bytes" and isinstance(value, int) and not isinstance(value, bool):
            return value
        if flag.kind.label == "int":
            return _typed(value, int, key, "int")
        if flag.kind.switch:
            return _typed(value, bool, key, "bool")
        return flag.kind.parse(_typed(value, str, key, "string"))
    except ValueError as error:
        raise InvalidParameter(f"{key}: {error}") from None


def _typed(value: Any, wanted: type, key: str, name: str) -> Any:
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise _wrong_type(value, key, name)
    return value


def _runtimes(value: Any, key: str) -> list[tuple[str, RuntimeCommand]]:
    found = []
    for name, entry in _typed(value, dict, key, "object").items():
        where = f"{key}.{name}"
        unknown = set(_typed(entry, dict, where, "object")) - {"path", "runtimeArgs"}
        if unknown:
            raise InvalidParameter(f"{where}: not supported by Dockyard: {', '.join(sorted(unknown))}")
        path = _typed(entry.get("path", ""), str, f"{where}.path", "string")
        args = _typed(entry.get("runtimeArgs", []), list, f"{where}.runtimeArgs", "array")
        if not path:
            raise InvalidParameter(f"{where}: either path or runtimeType must be configured; Dockyard needs path")
        found.append(
            (name, RuntimeCommand(path, tuple(_typed(arg, str, f"{where}.runtimeArgs", "string") for arg in args)))
        )
    return found


def _mirrors(value: Any, key: str) -> list[str]:
    """A list of Docker Hub's mirrors, as Docker has it, or an object with a list for each registry."""
    if not isinstance(value, dict):
        return [mirror(_typed(item, str, f"{key}[]", "string")) for item in _typed(value, list, key, "array")]
    return [
        mirror(f"{registry}={_typed(item, str, f'{key}.{registry}[]', 'string')}")
        for registry, items in value.items()
        for item in _typed(items, list, f"{key}.{registry}", "array")
    ]


def _map(value: Any, key: str) -> list[tuple[str, str]]:
    return [
        (name, _typed(item, str, f"{key}.{name}", "string"))
        for name, item in _typed(value, dict, key, "object").items()
    ]


def _network_options(value: Any, key: str) -> list[tuple[str, str]]:
    return [
        (driver, f"{name}={_typed(item, str, f'{key}.{driver}.{name}', 'string')}")
        for driver, options in _typed(value, dict, key, "object").items()
        for name, item in _typed(options, dict, f"{key}.{driver}", "object").items()
    ]


def _features(value: Any, key: str) -> list[tuple[str, str]]:
    items = _typed(value, dict, key, "object").items()
    return [(name, str(_typed(on, bool, f"{key}.{name}", "bool")).lower()) for name, on in items]


def _ulimits(value: Any, key: str) -> list[tuple[str, int, int]]:
    found = []
    for name, entry in _typed(value, dict, key, "object").items():
        where = f"{key}.{name}"
        _typed(entry, dict, where, "object")
        if name not in NAMES:
            raise InvalidParameter(f"invalid ulimit type: {name}")
        hard = _typed(entry.get("Hard", 0), int, f"{where}.Hard", "int64")
        soft = _typed(entry.get("Soft", hard), int, f"{where}.Soft", "int64")
        if hard != -1 and (soft == -1 or soft > hard):
            raise InvalidParameter(
                f"{where}: ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
            )
        found.append((name, soft, hard))
    return found


def _pools(value: Any, key: str) -> list[Any]:
    found = []
    for entry in _typed(value, list, key, "array"):
        base = _typed(_typed(entry, dict, f"{key}[]", "object").get("base"), str, f"{key}[].base", "string")
        found.append(checked_pool(base, _typed(entry.get("size"), int, f"{key}[].size", "int")))
    return found


def _addresses(value: Any, key: str) -> str:
    items = _typed(value, list, key, "array")
    if len(items) != 1:
        raise InvalidParameter(f"{key}: Dockyard takes one address")
    return str(_typed(items[0], str, f"{key}[]", "string"))


_SHAPES: Mapping[str, Callable[[Any, str], Any]] = {
    "add-runtime": _runtimes,
    "default-address-pool": _pools,
    "default-network-opt": _network_options,
    "default-ulimit": _ulimits,
    "feature": _features,
    "host-gateway-ip": _addresses,
    "log-opt": _map,
    "registry-mirror": _mirrors,
}
"""Options whose JSON isn't the text that their flag takes."""


def _shown(value: Any) -> str:
    """A value as Go's %v prints it, which is what Docker's conflict message has."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{' '.join(_shown(item) for item in value)}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_shown(item)}' for key, item in sorted(value.items()))}]"
    return str(value)
