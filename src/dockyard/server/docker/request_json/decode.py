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
from dockyard.server.docker.request_json.syntax import explain
from dockyard.server.docker.request_json.walk import walk

SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""Escapes of UTF-16 surrogates, in pairs and alone; escaped backslashes first, so that none is taken for an escape."""


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
        value = _parse(text)
    except msgspec.DecodeError as error:
        raise InvalidParameter(_message(str(error), text)) from error
    except RecursionError as error:
        raise InvalidParameter("invalid JSON: exceeded max depth") from error
    if value is None:
        return {}
    document: dict[str, Any] = walk(value, shape)
    return document


def _parse(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        repaired = SURROGATES.sub(_repair, text)
        if repaired == text:
            raise
        return msgspec.json.decode(repaired)


def _repair(found: re.Match[str]) -> str:
    """Half a surrogate pair becomes U+FFFD, as in Go; escaped backslashes and whole pairs stay."""
    return found[0] if found[0] == "\\\\" or len(found[0]) == len(r"\ud83d\udc33") else r"\ufffd"


def _message(reason: str, text: str) -> str:
    if "trailing characters" in reason:
        return "unexpected content after JSON"
    return f"invalid JSON: {explain(text)}"
