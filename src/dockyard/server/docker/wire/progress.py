"""Lines of a progress stream: JSON documents that clients show as they come (load, import, pull, push, build).

Docker ends them with CR LF, and so do we. https://pkg.go.dev/github.com/moby/moby/api/types/jsonstream
"""

from typing import Any

import msgspec


def line(document: dict[str, Any]) -> bytes:
    """One document as a line."""
    return msgspec.json.encode(document) + b"\r\n"


def stream(text: str) -> bytes:
    """Text that is shown as it is."""
    return line({"stream": text})


def status(text: str, item_id: str = "") -> bytes:
    """What is being done, to which item."""
    return line({"status": text, **({"id": item_id} if item_id else {})})


def progress(text: str, item_id: str, current: int, total: int) -> bytes:
    """How far an item has come, in bytes; the client draws the bar."""
    detail = {key: value for key, value in (("current", current), ("total", total)) if value}
    return line({"status": text, "progressDetail": detail, "id": item_id})


def failure(error: BaseException) -> bytes:
    """The end of a stream that failed; clients exit with it as their error."""
    return line({"errorDetail": {"message": str(error)}, "error": str(error)})
