"""Values as Go sees them: how they print, whether they are true, how their fields are found."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Record:
    """A row that a template may ask for named fields: values, or functions that make them when asked.

    type_name is the Go type that messages name for a field that isn't there.
    """

    __slots__ = ("fields", "type_name")

    def __init__(self, type_name: str, fields: Mapping[str, Any | Callable[..., Any]]) -> None:
        self.type_name = type_name
        self.fields = fields

    def values(self) -> dict[str, Any]:
        """All fields that need no argument, by name, in the order of the alphabet: what `json .` gives."""
        found = {}
        for name in sorted(self.fields):
            value = self.fields[name]
            if not callable(value):
                found[name] = value
            elif name != "Label":
                found[name] = value()
        return found


def printed(value: Any, *, top: bool = False) -> str:
    """`value` as Go's `%v` prints it; at the top of an action nothing is `<no value>`, inside another it is `<nil>`."""
    if value is None:
        return "<no value>" if top else "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Record):
        value = value.values()
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{printed(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(printed(item) for item in value)}]"
    return str(value)


def _float(value: float) -> str:
    """Go's `%v` of a float64: the shortest digits, with an exponent from 1e21 on and below 1e-4."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    if value and not 1e-4 <= abs(value) < 1e21:
        digits, _, exponent = f"{value!r}".partition("e")
        return f"{digits.removesuffix('.0')}e{exponent}" if exponent else f"{value:e}"
    if value == int(value):
        return str(int(value))
    return repr(value)


def is_true(value: Any) -> bool:
    """Whether an `if` takes `value` for true: not for false, zero, nothing, and what is empty."""
    return isinstance(value, Record) or bool(value)


def type_name(value: Any) -> str:
    """The Go type that messages name."""
    if isinstance(value, Record):
        return value.type_name
    if value is None:
        return "nil"
    if isinstance(value, dict):
        return "map[string]interface {}"
    names = {bool: "bool", int: "int", float: "float64", str: "string", list: "[]interface {}", tuple: "[]string"}
    return names.get(type(value), type(value).__name__)
