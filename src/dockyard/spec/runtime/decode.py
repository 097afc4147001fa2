"""JSON to the values of this package.

A decoder is compiled for each class from its annotations when this module is imported: closures that check the JSON
type and report the place of what is wrong (`linux.resources.memory.limit: expected integer`). Unknown keys are ignored
and null counts as absent (runtime-spec v1.2 config.md "Extensibility", and what Go's decoder does).
"""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin

from dockyard.errors import InvalidParameter
from dockyard.spec.runtime.config import Spec
from dockyard.spec.runtime.keys import json_key
from dockyard.spec.runtime.process import Process
from dockyard.spec.runtime.resources import Resources
from dockyard.spec.runtime.seccomp import Seccomp

Decoder = Callable[[Any, str], Any]
"""Takes a JSON value and its place (`process.args[0]`); gives the checked value or raises InvalidParameter."""

Value = TypeVar("Value")

INTEGERS: Final = (-(1 << 63), (1 << 64) - 1)
"""Smallest and largest number that any field of the spec can hold (int64 and uint64)."""


def spec_from_json(document: Any) -> Spec:
    """The configuration in `document`, a decoded `config.json`; InvalidParameter names the place of what is wrong."""
    return _SPEC(document, "")


def process_from_json(document: Any) -> Process:
    """The process in `document`, as `exec --process` takes it; InvalidParameter names the place of what is wrong."""
    return _PROCESS(document, "")


def resources_from_json(document: Any) -> Resources:
    """The limits in `document`, as `update --resources` takes them; InvalidParameter names the place."""
    return _RESOURCES(document, "")


def seccomp_from_json(document: Any) -> Seccomp:
    """The filter in `document`; InvalidParameter names the place of what is wrong."""
    return _SECCOMP(document, "")


def decoder_of(cls: type[Value]) -> Callable[[Any, str], Value]:
    """The decoder of a NamedTuple class whose annotations are int, str, bool, NamedTuples, tuples and dicts of them."""
    return _record(cls)


def _of(annotation: Any) -> Decoder:
    """The decoder for a field annotated so; `X | None` is decoded as X, because null never gets here."""
    if isinstance(annotation, UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    if (scalar := SCALARS.get(annotation)) is not None:
        return scalar
    origin = get_origin(annotation)
    if origin is tuple:
        return _array(_of(get_args(annotation)[0]))
    if origin is Mapping:
        return _map(_of(get_args(annotation)[1]))
    return _record(annotation)


def _string(value: Any, place: str) -> str:
    if type(value) is not str:
        raise InvalidParameter(f"{place}: expected string")
    if "\0" in value:  # would cut the string short in every system call
        raise InvalidParameter(f"{place}: null byte in string")
    return value


def _integer(value: Any, place: str) -> int:
    if type(value) is not int:  # exactly: in Python a bool is an int
        raise InvalidParameter(f"{place}: expected integer")
    if not INTEGERS[0] <= value <= INTEGERS[1]:
        raise InvalidParameter(f"{place}: integer out of range")
    return value


def _boolean(value: Any, place: str) -> bool:
    if type(value) is not bool:
        raise InvalidParameter(f"{place}: expected boolean")
    return value


SCALARS: Final[dict[Any, Decoder]] = {str: _string, int: _integer, bool: _boolean}


def _array(item: Decoder) -> Decoder:
    def decode(value: Any, place: str) -> tuple[Any, ...]:
        if type(value) is not list:
            raise InvalidParameter(f"{place}: expected array")
        return tuple([item(element, f"{place}[{index}]") for index, element in enumerate(value)])

    return decode


def _map(item: Decoder) -> Decoder:
    def decode(value: Any, place: str) -> dict[str, Any]:
        if type(value) is not dict:
            raise InvalidParameter(f"{place}: expected object")
        return {key: item(element, f"{place}.{key}") for key, element in value.items()}

    return decode


def _record(cls: Any) -> Decoder:
    defaults = cls._field_defaults
    fields = [(json_key(name), name, _of(annotation)) for name, annotation in cls.__annotations__.items()]
    known = {key: (name, decode) for key, name, decode in fields}
    required = [(key, name) for key, name, _ in fields if name not in defaults]

    def decode(value: Any, place: str) -> Any:
        if type(value) is not dict:
            raise InvalidParameter(f"{place or cls.__name__}: expected object")
        prefix = place and place + "."
        found: dict[str, Any] = {}
        for key, element in value.items():
            if element is not None and (field := known.get(key)) is not None:
                found[field[0]] = field[1](element, prefix + key)
        for key, name in required:
            if name not in found:
                raise InvalidParameter(f"{prefix}{key}: required, but missing")
        return cls(**found)

    return decode


_SPEC = decoder_of(Spec)
_PROCESS = decoder_of(Process)
_RESOURCES = decoder_of(Resources)
_SECCOMP = decoder_of(Seccomp)
