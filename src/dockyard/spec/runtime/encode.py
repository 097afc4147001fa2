"""The values of this package to JSON, as Go's `omitempty` would write them."""

from collections.abc import Mapping
from typing import Any

from dockyard.spec.runtime.keys import json_key


def to_json(value: Any) -> Any:
    """`value` as json.dumps takes it: for a NamedTuple an object with the spec's keys.

    A field is left out when it is empty (None, "", False, no elements) and that is also its default. Numbers are always
    written: uid 0 is no absence.
    """
    if isinstance(value, tuple):
        if hasattr(value, "_field_defaults"):
            return _record(value)
        return [to_json(element) for element in value]
    if isinstance(value, Mapping):
        return {key: to_json(element) for key, element in value.items()}
    return value


def _record(value: Any) -> dict[str, Any]:
    defaults = value._field_defaults
    document = {}
    for name, element in zip(value._fields, value, strict=True):
        if not element and type(element) is not int and name in defaults and element == defaults[name]:
            continue
        document[json_key(name)] = to_json(element)
    return document
