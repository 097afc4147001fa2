"""Values as Go sees them: how they print, whether they are true, how their fields are found."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Record:
    """A row that a template may ask for named fields: values, or functions that make them when asked.

    type_name is the Go type that messages name for a field that isn't there. is_row: a row of a listing, whose fields
    Go has in the order of the alphabet; otherwise they stand in their own. hidden: fields that JSON doesn't have.
    """

    __slots__ = ("_shown", "fields", "is_row", "type_name")

    def __init__(
        self,
        type_name: str,
        fields: Mapping[str, Any | Callable[..., Any]],
        *,
        is_row: bool = True,
        hidden: Mapping[str, Any] | None = None,
    ) -> None:
        self.type_name = type_name
        self.fields = {**fields, **hidden} if hidden else fields
        self._shown = fields
        self.is_row = is_row

    def values(self) -> dict[str, Any]:
        """All fields that need no argument, by name: what `json .` gives."""
        found = {}
        for name in sorted(self._shown) if self.is_row else self._shown:
            value = self._shown[name]
            if isinstance(value, Record):
                found[name] = value.values()
            elif not callable(value):
                found[name] = value
            elif name != "Label":
                found[name] = value()
        return found


GO_NAMES = {
    "APIVersion": "ApiVersion",
    "AuxAddress": "AuxiliaryAddresses",
    "CPUCount": "CpuCount",
    "CPUPercent": "CpuPercent",
    "CPUPeriod": "CpuPeriod",
    "CPUQuota": "CpuQuota",
    "CPURealtimePeriod": "CpuRealtimePeriod",
    "CPURealtimeRuntime": "CpuRealtimeRuntime",
    "CPUShares": "CpuShares",
    "DNS": "Dns",
    "DNSOptions": "DnsOptions",
    "DNSSearch": "DnsSearch",
    "HostIP": "HostIp",
    "ID": "Id",
    "NanoCPUs": "NanoCpus",
    "OSVersion": "OsVersion",
}
"""Fields that are called otherwise in Go, where Docker runs its templates, than in the API's JSON; both names work."""


class Nil:
    """What the API has as null or leaves out, and Go knows the type of. It is false, and has no elements.

    text: how it prints: `map[]`, `[]`, or `<nil>` for a pointer. absent: the key wasn't there, so JSON doesn't have it.
    """

    __slots__ = ("absent", "text")

    def __init__(self, text: str, *, absent: bool = False) -> None:
        self.text = text
        self.absent = absent


_PORT_BINDING = ("HostIp", "HostPort")
"""The one structure (not a map) of the API that templates are seen to print whole."""


def printed(value: Any, *, top: bool = False) -> str:
    """`value` as Go's `%v` prints it; at the top of an action nothing is `<no value>`, inside another it is `<nil>`."""
    if value is None:
        return "<no value>" if top else "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Nil):
        return value.text
    if isinstance(value, Record):
        value = value.values()
    if isinstance(value, dict) and tuple(value) == _PORT_BINDING:
        return f"{{{value['HostIp']} {value['HostPort']}}}"
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
    return isinstance(value, Record) or (bool(value) and not isinstance(value, Nil))


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
