"""Bytes of a request to a document of a `Shape`; Docker's messages for what isn't JSON.

Source of the messages: Engine API behaviour of `POST` endpoints, which wrap those of Go's encoding/json as
`invalid JSON: …`.
"""

import re
from typing import Any

import msgspec

from dockyard.api.media_types import JSON
from dockyard.errors import InvalidParameter
from dockyard.server.docker.request_json.shape import Shape
from dockyard.server.docker.request_json.walk import walk

POSITION = re.compile(r"\(byte (\d+)\)")


def check_content_type(content_type: str, has_body: bool) -> None:
    """Raises InvalidParameter unless the type is JSON; no type is fine as long as there is no body."""
    if not content_type and not has_body:
        return
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type:
        raise InvalidParameter(f"malformed Content-Type header ({content_type}): mime: no media type")
    if media_type != JSON:
        raise InvalidParameter(f"unsupported Content-Type header ({content_type}): must be '{JSON}'")


def decode(body: bytes, shape: Shape) -> dict[str, Any]:
    """The document in `body`, fitted to `shape` (a struct). Raises InvalidParameter, in Docker's words."""
    if not body.strip():
        raise InvalidParameter("invalid JSON: got EOF while reading request body")
    text = body.decode("utf-8", "replace")  # Go replaces what isn't UTF-8, too
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidParameter(_message(str(error), text.encode())) from error
    except RecursionError as error:
        raise InvalidParameter("invalid JSON: exceeded max depth") from error
    if value is None:
        return {}
    document: dict[str, Any] = walk(value, shape)
    return document


def _message(reason: str, body: bytes) -> str:
    position = POSITION.search(reason)
    if "truncated" in reason or position is None:
        return "invalid JSON: unexpected EOF"
    if "trailing" in reason:
        return "unexpected content after JSON"
    index = min(int(position[1]), len(body) - 1)
    character = body[index : index + 4].decode("utf-8", "ignore")[:1]
    return f"invalid JSON: invalid character {_quoted(character)} {_looking_for(body[:index].rstrip())}"


def _quoted(character: str) -> str:
    return {"'": r"'\''", '"': "'\"'", "\n": r"'\n'", "\t": r"'\t'", "\r": r"'\r'"}.get(character, f"'{character}'")


def _looking_for(before: bytes) -> str:
    """What Go was looking for, judged by what stands before the offending character."""
    match before[-1:]:
        case b"" | b":" | b"[":
            return "looking for beginning of value"
        case b"{":
            return "looking for beginning of object key string"
        case b",":
            inside_object = before.rfind(b"{") > before.rfind(b"[")
            return f"looking for beginning of {'object key string' if inside_object else 'value'}"
        case b'"' if before.count(b'"') % 2 == 0 and before.rfind(b":") < before.rfind(b'"', 0, -1):
            return "after object key"
        case _:
            return "after object key:value pair"
