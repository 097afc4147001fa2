"""One pass over a decoded document: keys spelled right, nulls made zero values, every value of the right type.

Messages are Go's (encoding/json, UnmarshalTypeError), because clients' users have seen them and scripts look for them:
`json: cannot unmarshal string into Go struct field HostConfig.HostConfig.Memory of type int64`.
"""

from typing import Any

from dockyard.errors import InvalidParameter
from dockyard.server.docker.request_json.shape import Shape

Path = tuple[str, ...]
INT64_LIMIT = 1 << 63


def walk(value: Any, shape: Shape, owner: str = "", path: Path = ()) -> Any:
    """`value` made to fit `shape`; `owner` is the struct that holds it and `path` the keys that lead to it.

    Raises InvalidParameter when a value is of a wrong type.
    """
    match shape.kind:
        case "string" if isinstance(value, str):
            return _without_nul(value, path)
        case "bool" if isinstance(value, bool):
            return value
        case "integer" if isinstance(value, int) and not isinstance(value, bool) and abs(value) < INT64_LIMIT:
            return value
        case "float" if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        case "struct" if isinstance(value, dict):
            return _struct(value, shape, path)
        case "list" if isinstance(value, list):
            return _list(value, shape, owner, path)
        case "list" if shape.from_string and isinstance(value, str):
            return [value]
        case "map" if isinstance(value, dict):
            return _map(value, shape, owner, path)
        case "any":
            return value
    raise InvalidParameter(f"invalid JSON: json: cannot unmarshal {_word(value)} into Go {_place(shape, owner, path)}")


def _struct(value: dict[str, Any], shape: Shape, path: Path) -> dict[str, Any]:
    result = {}
    fields = shape.fields
    for key, item in value.items():
        if item is None:
            continue  # null leaves the zero value, which is the struct's default
        if key not in fields:
            spelled = shape.folded.get(key.lower())
            if spelled is None:
                continue
            key = spelled
        result[key] = walk(item, fields[key], shape.name, (*path, key))
    return result


def _list(value: list[Any], shape: Shape, owner: str, path: Path) -> list[Any]:
    element = shape.element
    assert element is not None  # lists have an element by construction
    if shape.size is not None:
        # A Go array takes what fits and leaves the rest at zero.
        value = (value + [None] * shape.size)[: shape.size]
    return [_item(item, element, owner, path) for item in value]


def _map(value: dict[str, Any], shape: Shape, owner: str, path: Path) -> dict[str, Any]:
    element = shape.element
    assert element is not None  # maps have an element by construction
    return {_without_nul(key, path): _item(item, element, owner, path) for key, item in value.items()}


def _without_nul(text: str, path: Path) -> str:
    """Names, paths, arguments, variables: all end up in the kernel, which takes none with a NUL; better said here."""
    if "\0" in text:
        raise InvalidParameter(f"invalid value for {'.'.join(path)}: strings must not contain a NUL character")
    return text


def _item(item: Any, element: Shape, owner: str, path: Path) -> Any:
    if item is None and element.kind != "any":
        return None if element.nullable else element.zero
    return walk(item, element, owner, path)


def _word(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return f"number {value}" if not isinstance(value, int) or abs(value) >= INT64_LIMIT else "number"
        case list():
            return "array"
        case dict():
            return "object"
    return "null"


def _place(shape: Shape, owner: str, path: Path) -> str:
    if not path:
        return f"value of type {shape.go_type}"
    return f"struct field {owner}.{'.'.join(path)} of type {shape.go_type}"
