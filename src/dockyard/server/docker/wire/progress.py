"""Lines of a progress stream: JSON documents that clients show as they come (load, import, pull, push, build).

Docker ends them with CR LF, and so do we. https://pkg.go.dev/github.com/moby/moby/api/types/jsonstream
"""

from typing import Any

import msgspec

_BAR = 50


def line(document: dict[str, Any]) -> bytes:
    """One document as a line."""
    return msgspec.json.encode(document) + b"\r\n"


def stream(text: str) -> bytes:
    """Text that is shown as it is."""
    return line({"stream": text})


def status(text: str, item_id: str = "") -> bytes:
    """What is being done, to which item."""
    return line({"status": text, **({"id": item_id} if item_id else {})})


def auxiliary(value: dict[str, Any]) -> bytes:
    """What isn't shown but read by programs."""
    return line({"progressDetail": {}, "aux": value})


def progress(text: str, item_id: str, current: int, total: int, *, drawn: bool = False) -> bytes:
    """How far an item has come, in bytes; the client draws the bar, unless that is wanted `drawn` already."""
    detail = {key: value for key, value in (("current", current), ("total", total)) if value}
    bar = {"progress": progress_bar(current, total)} if drawn and detail else {}
    return line({"status": text, "progressDetail": detail, **bar, **({"id": item_id} if item_id else {})})


def progress_bar(current: int, total: int) -> str:
    """The bar that Docker's daemon draws: `[==>    ]  1.049MB/20MB`; the bytes alone without a total."""
    if total <= 0 or current > total:
        return f"{human_size(current):>8}"
    done = min(current * 100 // total // 2, _BAR)
    return f"[{'=' * done}>{' ' * (_BAR - done)}] {human_size(current):>8}/{human_size(total)}"


def human_size(size_bytes: float) -> str:
    """A size in powers of a thousand with four digits, as go-units prints it."""
    units = iter(("B", "kB", "MB", "GB", "TB", "PB"))
    unit = next(units)
    while size_bytes >= 1000 and unit != "PB":
        size_bytes, unit = size_bytes / 1000, next(units)
    return f"{size_bytes:.4g}{unit}"


def failure(error: BaseException) -> bytes:
    """The end of a stream that failed; clients exit with it as their error."""
    return line({"errorDetail": {"message": str(error)}, "error": str(error)})
