"""Why a build failed, and the lines of the Dockerfile that it failed at.

BuildKit sends an error's parts as JSON inside of `google.protobuf.Any` (buildkit's util/grpcerrors).
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from dockyard.client.build.progress import Source
from dockyard.errors import SystemFailure

_SOURCE = "errdefs.Source+json"


class BuildFailed(SystemFailure):
    """The daemon couldn't build: `message`, and `sources` (innermost first). As text both, as Docker prints them."""

    def __init__(self, message: str, sources: tuple[Source, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.sources = sources


def failed(message: str, details: Any) -> BuildFailed:
    """The error for what a call to the daemon ended with."""
    return BuildFailed(message, tuple(_sources(details or ())))


def _sources(details: Any) -> Iterator[Source]:
    for detail in details:
        if not detail.type_url.endswith(_SOURCE):
            continue
        try:
            yield source_of(json.loads(detail.value))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            continue  # an error is told with what can be read of it


def source_of(told: Any) -> Source:
    """A source from JSON: `{"info": {"filename": …, "data": base64}, "ranges": [{"start": {"line": 1}, "end": …}]}`."""
    info = told["info"]
    ranges = tuple((_position(one.get("start")), _position(one.get("end"))) for one in told.get("ranges") or ())
    try:
        data = base64.b64decode(info.get("data") or "")
    except binascii.Error as error:
        raise ValueError("no base64") from error
    return Source(str(info.get("filename", "")), data, ranges, str(info.get("language", "")))


def _position(told: Any) -> tuple[int, int]:
    told = told or {}
    return int(told.get("line", 0)), int(told.get("character", 0))


def excerpt(source: Source) -> str:
    """The lines of a source with some around them, as BuildKit prints them; empty where there is nothing to show."""
    lines = source.data.decode("utf-8", "replace").split("\n")
    spans = [(first[0], max(first[0], last[0])) for first, last in source.ranges]
    if not spans:
        return ""
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    if not 1 <= start <= len(lines):
        return ""
    named, end = start, min(end, len(lines))
    padding = 4 if end == start else 2
    added = 0
    while added < padding:
        if start > 1:
            start -= 1
            added += 1
        if end != len(lines):
            end += 1
            added += 1
        added += 1
    shown = [f"{source.filename}:{named}", "-" * 20]
    for number in range(start, end + 1):
        mark = ">>>" if any(first <= number <= last for first, last in spans) else "   "
        shown.append(f" {number:3} | {mark} {lines[number - 1]}")
    shown.append("-" * 20)
    return "\n".join(shown) + "\n"
