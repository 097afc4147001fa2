"""Reading fields of a decoded JSON object, strictly: a wrong type is an error that names the place.

Go's decoder treats `null` as the zero value everywhere, and so do these; unknown keys are ignored (image-spec,
considerations.md, "Extensibility").
"""

from collections.abc import Callable
from typing import Any, TypeVar

from dockyard.errors import InvalidParameter

Json = dict[str, Any]
_Value = TypeVar("_Value")


def expect_object(value: Any, where: str) -> Json:
    """`value` when it is an object."""
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    return value


def text(obj: Json, key: str, where: str = "") -> str:
    """A string; empty when absent."""
    value = obj.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(f"{where}{key}", "a string", value)
    return value


def integer(obj: Json, key: str, where: str = "") -> int:
    """A whole number; 0 when absent."""
    value = obj.get(key)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(f"{where}{key}", "a number", value)
    return value


def boolean(obj: Json, key: str, where: str = "") -> bool:
    """True or false; false when absent."""
    value = obj.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _wrong(f"{where}{key}", "a boolean", value)
    return value


def strings(obj: Json, key: str, where: str = "") -> tuple[str, ...]:
    """A list of strings; empty when absent."""
    value = obj.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(f"{where}{key}", "a list of strings", value)
    return tuple(value)


def string_map(obj: Json, key: str, where: str = "") -> dict[str, str]:
    """An object of strings; empty when absent."""
    value = obj.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise _wrong(f"{where}{key}", "an object of strings", value)
    return dict(value)


def names(obj: Json, key: str, where: str = "") -> tuple[str, ...]:
    """The keys of an object that is used as a set (`{"80/tcp": {}}`); empty when absent."""
    value = obj.get(key)
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise _wrong(f"{where}{key}", "an object", value)
    return tuple(value)


def items(obj: Json, key: str, parse: Callable[[Json], _Value], where: str = "") -> tuple[_Value, ...]:
    """A list of objects, each read by `parse`; empty when absent."""
    value = obj.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong(f"{where}{key}", "a list", value)
    return tuple(parse(expect_object(item, f"{where}{key}[{index}]")) for index, item in enumerate(value))


def without_empty(obj: Json) -> Json:
    """`obj` without keys whose value is None, empty, zero or false: Go's `omitempty`."""
    return {key: value for key, value in obj.items() if value not in (None, "", 0, (), [], {}) and value is not False}


def _wrong(where: str, expected: str, value: Any) -> InvalidParameter:
    return InvalidParameter(f"{where.lstrip('.')}: expected {expected}, got {type(value).__name__}")
