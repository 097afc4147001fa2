"""The notation in which messages are described, read into protobuf's own descriptors.

    Platform: Architecture 1, OS 2, OSFeatures *5          fields with their numbers, text unless a type is named
    Input: digest 1, index 2 int64                         a type behind the number
    Op: inputs *1 Input, exec ?2 ExecOp                    * repeated; ? one of those so marked is there at a time
    Definition: metadata 2 {OpMetadata}                    { } a map from text to that; {int64 Descriptor} from numbers
    NetMode = UNSET HOST NONE                              an enumeration, counted from 0

Each description is one line; types are of the same package unless they are written with one. A message inside another
isn't needed: where the protocol has one, only its numbers are seen from outside.
https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

_SCALARS = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "uint32": FieldDescriptorProto.TYPE_UINT32,
    "uint64": FieldDescriptorProto.TYPE_UINT64,
}


def read(packages: Mapping[str, str], known: Mapping[str, str]) -> list[FileDescriptorProto]:
    """One file for each package of `packages` (its name: its descriptions), in an order in which they can be added.

    `known`: types from elsewhere, by full name, and the file that has each. Raises ValueError for what isn't notation.
    """
    enums = {f"{package}.{name}" for package, text in packages.items() for name, _ in _lines(text, " = ")}
    files = []
    for package, text in packages.items():
        file = FileDescriptorProto(name=f"{package}.dockyard", package=package, syntax="proto3")
        for name, values in _lines(text, " = "):
            file.enum_type.add(
                name=name,
                value=[EnumValueDescriptorProto(name=value, number=at) for at, value in enumerate(values.split())],
            )
        for name, fields in _lines(text, ":"):
            message = file.message_type.add(name=name)
            for field in filter(None, (one.strip() for one in fields.split(","))):
                _add(package, message, field, enums)
        _depend(file, packages, known)
        files.append(file)
    by_name = {file.name: file for file in files}
    order = TopologicalSorter({file.name: file.dependency for file in files}).static_order()
    return [by_name[name] for name in order if name in by_name]


def _lines(text: str, mark: str) -> Iterator[tuple[str, str]]:
    for line in text.strip().splitlines():
        name, found, rest = line.strip().partition(mark)
        if found and " " not in name and ":" not in name:
            yield name, rest


def _add(package: str, message: DescriptorProto, text: str, enums: set[str]) -> None:
    name, number, *types = text.split(" ", 2)
    kind = types[0] if types else "string"
    field = message.field.add(name=name, number=int(number.lstrip("*?")), label=FieldDescriptorProto.LABEL_OPTIONAL)
    field.json_name = name
    if number.startswith("*"):
        field.label = FieldDescriptorProto.LABEL_REPEATED
    if number.startswith("?"):
        if not message.oneof_decl:
            message.oneof_decl.add(name="one")
        field.oneof_index = 0
    if kind.startswith("{"):
        *keys, value = kind.strip("{}").split()
        entry = message.nested_type.add(name="".join(part.capitalize() for part in name.split("_")) + "Entry")
        entry.options.map_entry = True
        _add(package, entry, f"key 1 {keys[0] if keys else 'string'}", enums)
        _add(package, entry, f"value 2 {value}", enums)
        field.label = FieldDescriptorProto.LABEL_REPEATED
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{package}.{message.name}.{entry.name}"
    elif kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        full = kind if "." in kind else f"{package}.{kind}"
        field.type = FieldDescriptorProto.TYPE_ENUM if full in enums else FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{full}"


def _depend(file: FileDescriptorProto, packages: Mapping[str, str], known: Mapping[str, str]) -> None:
    messages = [*file.message_type, *(entry for message in file.message_type for entry in message.nested_type)]
    used = {field.type_name.lstrip(".") for message in messages for field in message.field if field.type_name}
    for name in sorted(used):
        if name in known:
            needed = known[name]
        else:
            package = name.rpartition(".")[0]
            if package not in packages:  # an entry of a map: of this file
                continue
            needed = f"{package}.dockyard"
        if needed != file.name and needed not in file.dependency:
            file.dependency.append(needed)
