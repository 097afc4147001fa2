"""Devices: those of the host that the container gets, how fast it may use them, and GPUs."""

from __future__ import annotations

from dockyard.cli.container.options.csv_fields import fields
from dockyard.cli.flags.kinds import memory
from dockyard.cli.flags.spec import Kind
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def devices(specs: Iterable[str]) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """(Devices, DeviceRequests) of the API, from `path[:path in container[:rwm]]` or a CDI name `vendor/class=name`."""
    mapped, requested = [], []
    for spec in specs:
        if _is_cdi(spec):
            requested.append({"Driver": "cdi", "DeviceIDs": [spec]})
        else:
            mapped.append(_device(spec))
    return mapped, requested


def _is_cdi(spec: str) -> bool:
    vendor, slash, rest = spec.partition("/")
    kind, equals, name = rest.partition("=")
    return bool(vendor and slash and kind and equals and name) and vendor[0].isalpha() and "/" not in kind


def _device(spec: str) -> dict[str, str]:
    parts = spec.split(":")
    if not spec or len(parts) > 3:
        raise InvalidParameter(f"bad format for path: {spec}")
    source = parts[0]
    target, mode = source, "rwm"
    if len(parts) == 3:
        target, mode = parts[1], parts[2]
        if not _is_mode(mode):
            raise InvalidParameter(f"bad mode specified: {mode}")
    elif len(parts) == 2:
        if _is_mode(parts[1]):
            mode = parts[1]
        else:
            target = parts[1]
    for path in (source, target):
        if not path.startswith("/"):
            raise InvalidParameter(f"{path} is not an absolute path")
    return {"PathOnHost": source, "PathInContainer": target, "CgroupPermissions": mode}


def _is_mode(text: str) -> bool:
    return bool(text) and set(text) <= set("rwm") and len(set(text)) == len(text)


def _path_and_rest(text: str) -> tuple[str, str]:
    path, colon, rest = text.partition(":")
    if not colon or ":" in rest:
        raise ValueError(f"bad format: {text}")
    if not path.startswith("/dev/"):
        raise ValueError(f"bad format for device path: {text}")
    return path, rest


def _weight(text: str) -> dict[str, Any]:
    path, rest = _path_and_rest(text)
    if not rest.isascii() or not rest.isdigit() or (int(rest) and not 10 <= int(rest) <= 1000):
        raise ValueError(f"invalid weight for device: {text}")
    return {"Path": path, "Weight": int(rest)}


def _throughput(text: str) -> dict[str, Any]:
    path, rest = _path_and_rest(text)
    try:
        return {"Path": path, "Rate": memory(rest)}
    except ValueError:
        raise ValueError(
            f"invalid rate for device: {text}. The correct format is <device-path>:<number>[<unit>]. "
            "Number must be a positive integer. Unit is optional and can be kb, mb, or gb"
        ) from None


def _io_rate(text: str) -> dict[str, Any]:
    path, rest = _path_and_rest(text)
    if not rest.isascii() or not rest.isdigit():
        raise ValueError(
            f"invalid rate for device: {text}. The correct format is <device-path>:<number>. "
            "Number must be a positive integer"
        )
    return {"Path": path, "Rate": int(rest)}


def _cgroup_rule(text: str) -> str:
    kind, _, rest = text.partition(" ")
    numbers, _, mode = rest.partition(" ")
    major, _, minor = numbers.partition(":")
    fits = all(part == "*" or (part.isascii() and part.isdigit()) for part in (major, minor))
    if kind not in ("a", "b", "c") or not fits or not mode or len(mode) > 3 or not set(mode) <= set("rwm"):
        raise ValueError(f"invalid device cgroup format '{text}'")
    return text


def _gpus(text: str) -> dict[str, Any]:
    """A DeviceRequest: `all`, a number, or fields `device`, `count`, `driver`, `capabilities`, `options`."""
    request: dict[str, Any] = {}
    capabilities = []
    for field in fields(text):
        key, equals, value = field.partition("=")
        if key in request and equals:
            raise ValueError(f"gpu request key '{key}' can be specified only once")
        if not equals or key == "count":
            request["Count"] = _count(value if equals else key)
        elif key == "driver":
            request["Driver"] = value
        elif key == "device":
            request["DeviceIDs"] = value.split(",")
        elif key == "capabilities":
            capabilities = value.split(",")
        elif key == "options":
            request["Options"] = {name: setting for name, _, setting in (item.partition("=") for item in fields(value))}
        else:
            raise ValueError(f"unexpected key '{key}' in '{field}'")
    if "Count" not in request and "DeviceIDs" not in request:
        request["Count"] = 1
    request["Capabilities"] = [[*capabilities, "gpu"] if "gpu" not in capabilities else capabilities]
    return request


def _count(text: str) -> int:
    if text == "all":
        return -1
    try:
        return int(text)
    except ValueError:
        raise ValueError(f'invalid count ({text}): value must be either "all" or an integer: invalid syntax') from None


WEIGHT = Kind("list", _weight, many=True)
THROUGHPUT = Kind("list", _throughput, many=True)
IO_RATE = Kind("list", _io_rate, many=True)
CGROUP_RULE = Kind("list", _cgroup_rule, many=True)
GPU = Kind("gpu-request", _gpus, many=True)
