"""What a pipeline may call: Go's functions and Docker's (https://docs.docker.com/engine/cli/formatting/)."""

from __future__ import annotations

from dockyard.wire import json_text
from dockyard.wire.template.printf import MAX_WIDTH, printf
from dockyard.wire.template.values import Nil, Record, is_true, printed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _json(value: Any) -> str:
    if not isinstance(value, Record):
        return json_text.dumps(_without_nil(value))
    text = json_text.dumps(value.values())
    if not value.is_row:
        return text
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _without_nil(value: Any) -> Any:
    if isinstance(value, Nil):
        return None
    if isinstance(value, dict):
        return {key: _without_nil(item) for key, item in value.items() if not (isinstance(item, Nil) and item.absent)}
    return [_without_nil(item) for item in value] if isinstance(value, list) else value


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    if type(left) is not type(right) and not (_number(left) and _number(right)):
        raise ValueError("incompatible types for comparison")
    if isinstance(left, dict | list | tuple):
        raise ValueError("non-comparable type")
    return bool(left == right)


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise ValueError("missing argument for comparison")
    return any(_same(first, other) for other in others)


def _less(left: Any, right: Any) -> bool:
    if (isinstance(left, str) and isinstance(right, str)) or (_number(left) and _number(right)):
        return bool(left < right)
    raise ValueError(
        "incompatible types for comparison" if type(left) is not type(right) else "invalid type for comparison"
    )


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, dict | list | tuple):
        return len(value)
    if isinstance(value, Nil):
        return 0
    raise ValueError(f"len of type {type(value).__name__}")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            absent = "" if all(isinstance(item, str) for item in value.values()) else None
            value = value.get(key, absent)
        elif isinstance(value, Nil) and value.text == "map[]":
            value = ""
        elif value is None:
            raise ValueError("index of untyped nil")
        elif isinstance(value, list | tuple | str):
            if not isinstance(key, int) or isinstance(key, bool):
                raise ValueError(f"cannot index slice/array with type {type(key).__name__}")
            if not 0 <= key < len(value):
                raise ValueError(f"reflect: slice index out of range: {key}")
            value = ord(value[key]) if isinstance(value, str) else value[key]
        else:
            raise ValueError(f"can't index item of type {type(value).__name__}")
    return value


def _slice(value: Any, *bounds: int) -> Any:
    low, high = (*bounds, 0)[0] if bounds else 0, bounds[1] if len(bounds) > 1 else len(value)
    if not 0 <= low <= high <= len(value) or len(bounds) > 3:
        raise ValueError(f"index out of range: {high}")
    return value[low:high]


def _print(*values: Any) -> str:
    """Go's Sprint: a blank between neighbours of which neither is a string."""
    out = ""
    for number, value in enumerate(values):
        if number and not isinstance(value, str) and not isinstance(values[number - 1], str):
            out += " "
        out += printed(value)
    return out


def _println(*values: Any) -> str:
    return " ".join(printed(value) for value in values) + "\n"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _join(items: Any, separator: str) -> str:
    if items is None or isinstance(items, Nil):
        return ""
    if not isinstance(items, list | tuple):
        raise TypeError
    return _text(separator).join(_text(item) for item in items)


def _title(text: str) -> str:
    out, inside = [], False
    for char in _text(text):
        out.append(char if inside else char.upper())
        inside = char.isalnum() or char in "_'"
    return "".join(out)


def _pad(text: str, before: int, after: int) -> str:
    if max(before, after) > MAX_WIDTH:
        raise ValueError(f"pad of more than {MAX_WIDTH} blanks")
    return f"{' ' * before}{_text(text)}{' ' * after}" if text else text


def _truncate(text: str, width: int) -> str:
    return _text(text)[:width]


def _html(*values: Any) -> str:
    text = _print(*values).replace("&", "&amp;").replace("'", "&#39;").replace('"', "&#34;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _urlquery(*values: Any) -> str:
    from dockyard.wire.query import quote

    text = quote(_print(*values).replace("%", "%25"))
    return text.replace("%25", "%").replace("%20", "+").replace("/", "%2F").replace(":", "%3A").replace("@", "%40")


GO: dict[str, Callable[..., Any]] = {
    "and": lambda *values: next((value for value in values if not is_true(value)), values[-1]),
    "or": lambda *values: next((value for value in values if is_true(value)), values[-1]),
    "not": lambda value: not is_true(value),
    "len": _length,
    "index": _index,
    "slice": _slice,
    "print": _print,
    "printf": printf,
    "println": _println,
    "html": _html,
    "urlquery": _urlquery,
    "eq": _equal,
    "ne": lambda left, right: not _same(left, right),
    "lt": _less,
    "le": lambda left, right: _less(left, right) or _same(left, right),
    "gt": lambda left, right: not (_less(left, right) or _same(left, right)),
    "ge": lambda left, right: not _less(left, right),
}

DOCKER: dict[str, Callable[..., Any]] = {
    "json": _json,
    "split": lambda text, separator: _text(text).split(separator) if separator else list(_text(text)),
    "join": _join,
    "title": _title,
    "lower": lambda text: _text(text).lower(),
    "upper": lambda text: _text(text).upper(),
    "pad": _pad,
    "truncate": _truncate,
}

HEADER: dict[str, Callable[..., Any]] = {
    "json": lambda value: value,
    "split": lambda value, _separator: value,
    "join": lambda value, _separator: value,
    "truncate": lambda value, _width: value,
}
"""What stands in for Docker's functions while the header of a table is made."""
