"""The Engine API's own definition as an oracle of answers: which statuses and which fields it declares.

tests/data/engine-api-1.55.json is moby's Swagger document without its prose (see tests/data/README.md). Its schemas are
made strict here: what isn't declared isn't allowed, so that a misspelled key shows.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

PATH = Path(__file__).parents[1] / "data" / "engine-api-1.55.json"
Schema = dict[str, Any]


@cache
def document() -> Schema:
    """The whole definition, as it is."""
    loaded: Schema = json.loads(PATH.read_text())
    return loaded


@cache
def operations() -> dict[str, Schema]:
    """Every operation by its operationId."""
    return {
        operation["operationId"]: operation
        for methods in document()["paths"].values()
        for operation in methods.values()
    }


def statuses(operation: str) -> set[int]:
    """The statuses that are declared for an operation."""
    return {int(status) for status in operations()[operation]["responses"]}


@cache
def answer_schema(operation: str, status: int) -> Schema | None:
    """The strict schema of an answer's body; None where the definition declares none."""
    response = operations()[operation]["responses"].get(str(status), {})
    return strict(response["schema"]) if "schema" in response else None


@cache
def _validator(operation: str, status: int) -> Any:
    schema = answer_schema(operation, status)
    return None if schema is None else jsonschema_rs.Draft7Validator(schema)


def violations(operation: str, status: int, body: Any) -> list[str]:
    """What is wrong with a JSON answer, one line each, with the path (list places as `[]`) at which it is wrong."""
    validator = _validator(operation, status)
    if validator is None:
        return []
    found = {f"{_place(error.instance_path)}: {_short(error.message)}" for error in validator.iter_errors(body)}
    return sorted(found)


def strict(schema: Schema, inside: tuple[str, ...] = ()) -> Schema:
    """`schema` in JSON Schema (draft 7): references put in, `allOf` merged, `x-nullable` said, other keys refused."""
    schema = dict(schema)
    reference = schema.pop("$ref", "")
    if reference:
        name = reference.rpartition("/")[2]
        if name in inside:
            return {}
        target = strict(document()["definitions"][name], (*inside, name))
        return _nullable(target) if schema.get("x-nullable") else target
    if "allOf" in schema:
        schema = _merged([*schema.pop("allOf"), schema])
        return strict(schema, inside)
    # Go writes an empty list or map as null; whether one does or doesn't is compared with Docker elsewhere
    nullable = schema.get("x-nullable", False) or schema.get("type") in ("array", "object")
    kept: Schema = {key: schema[key] for key in ("type", "enum", "minimum", "maximum", "required") if key in schema}
    if "type" not in kept and ("properties" in schema or "additionalProperties" in schema):
        kept["type"] = "object"
        nullable = True
    if "properties" in schema:
        kept["properties"] = {key: strict(value, inside) for key, value in schema["properties"].items()}
        kept["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = strict(schema["additionalProperties"], inside)
    if "items" in schema:
        kept["items"] = strict(schema["items"], inside)
    return _nullable(kept) if nullable else kept


def _merged(parts: list[Schema]) -> Schema:
    whole: Schema = {}
    for part in parts:
        while "$ref" in part or "allOf" in part:
            part = (
                document()["definitions"][part["$ref"].rpartition("/")[2]] if "$ref" in part else _merged(part["allOf"])
            )
        for key, value in part.items():
            whole[key] = {**whole[key], **value} if key == "properties" and key in whole else value
    return whole


def _nullable(schema: Schema) -> Schema:
    if "type" not in schema:
        return schema if not schema else {"anyOf": [schema, {"type": "null"}]}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "null" in types:
        return schema
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [*types, "null"], **enum}


def declared_fields(schema: Schema, path: str = "") -> Iterator[str]:
    """The paths of all fields of a strict schema: `.HostConfig.Binds`, `[].Id`, `.Networks.*.Gateway`."""
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}"
        yield from declared_fields(inner, f"{path}.{key}")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from declared_fields(schema["additionalProperties"], f"{path}.*")
    if "items" in schema:
        yield from declared_fields(schema["items"], f"{path}[]")


def shown_fields(schema: Schema, value: Any, path: str = "") -> Iterator[str]:
    """The paths, as in `declared_fields`, of the fields that `value` has."""
    if isinstance(value, list):
        for one in value:
            yield from shown_fields(schema.get("items", {}), one, f"{path}[]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in schema.get("properties", {}):
                yield f"{path}.{key}"
                yield from shown_fields(schema["properties"][key], inner, f"{path}.{key}")
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from shown_fields(schema["additionalProperties"], inner, f"{path}.*")


def _place(path: list[str | int]) -> str:
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path) or "."


def _short(message: str) -> str:
    return message if len(message) < 200 else f"{message[:90]} … {message[-90:]}"
