"""The shape of a JSON document: what `walk` needs to know of a type, derived once from msgspec structs.

scalar   a string, number or boolean
list     all elements of one shape; `size` when it is fixed
map      any keys, all values of one shape
struct   known keys
any      left as it is
"""

import types
import typing
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

Kind = Literal["string", "integer", "float", "bool", "list", "map", "struct", "any"]

SCALARS: dict[type, tuple[Kind, str, Any]] = {
    str: ("string", "string", ""),
    int: ("integer", "int64", 0),
    float: ("float", "float64", 0.0),
    bool: ("bool", "bool", False),
}


@dataclass(slots=True)
class Shape:
    """One node. `go_type` is what Go would call it in a message; `nullable`: null may stay null (a pointer in Go)."""

    kind: Kind
    go_type: str
    zero: Any = None
    nullable: bool = False
    element: "Shape | None" = None
    size: int | None = None
    from_string: bool = False
    """Lists: one string stands for a list of it."""
    name: str = ""
    """Structs: the type's name in messages."""
    fields: "dict[str, Shape]" = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    """Structs: lower-cased key to the key as the API spells it."""


def shape_of(annotation: Any, name: str = "") -> Shape:
    """The shape of a type: str, int, float, bool, tuples, dicts with string keys, msgspec structs, unions with None.

    `name` is the struct's name in messages where Docker's differs from ours.
    """
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        inner = [argument for argument in typing.get_args(annotation) if argument is not types.NoneType]
        shape = shape_of(inner[0], name)
        shape.nullable = True
        return shape
    if annotation in SCALARS:
        kind, go_type, zero = SCALARS[annotation]
        return Shape(kind, go_type, zero)
    if origin in (tuple, list):
        arguments = typing.get_args(annotation)
        element = shape_of(arguments[0])
        size = None if origin is list or arguments[-1] is Ellipsis else len(arguments)
        return Shape("list", f"[{size or ''}]{element.go_type}", [], element=element, size=size)
    if origin is dict:
        element = shape_of(typing.get_args(annotation)[1])
        return Shape("map", f"map[string]{element.go_type}", {}, element=element)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return _struct(annotation, name)
    return Shape("any", "any")


def _struct(struct: type[msgspec.Struct], name: str) -> Shape:
    hints = typing.get_type_hints(struct)
    name = name or struct.__name__
    fields = {
        key: shape_of(hints[attribute])
        for attribute, key in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    }
    return Shape("struct", name, {}, name=name, fields=fields, folded={key.lower(): key for key in fields})
