"""Progress for programs: each update as a line of JSON, with the names that BuildKit's client gives them."""

from __future__ import annotations

import base64
import json
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockyard.client.build.progress import Update, Warned


class RawJson:
    """Prints to `write`."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def take(self, update: Update) -> None:
        """Prints the update."""
        self._write(json.dumps(document(update), separators=(",", ":"), ensure_ascii=False) + "\n")

    def tick(self) -> None:
        """Nothing waits."""

    def finish(self) -> None:
        """Nothing is left."""


def document(update: Update) -> dict[str, Any]:
    """The update as JSON: empty lists, unknown times and empty texts are left out."""
    steps = [
        _filled(
            digest=step.digest, inputs=list(step.inputs), name=step.name, started=_time(step.started_ns),
            completed=_time(step.completed_ns), cached=step.cached, error=step.error,
            progressGroup=_filled(id=step.group_id, name=step.group_name, weak=step.group_weak),
        )
        for step in update.steps
    ]  # fmt: skip
    amounts = [
        {
            "id": amount.id,
            **_filled(vertex=amount.step, name=amount.name, total=amount.total),
            "current": amount.current,
            "timestamp": _time(amount.at_ns),
            **_filled(started=_time(amount.started_ns), completed=_time(amount.completed_ns)),
        }
        for amount in update.amounts
    ]
    written = [
        {
            **_filled(vertex=one.step, stream=one.stream),
            "data": base64.b64encode(one.data).decode(),
            "timestamp": _time(one.at_ns),
        }
        for one in update.written
    ]
    return _filled(vertexes=steps, statuses=amounts, logs=written, warnings=[warning(one) for one in update.warnings])


def warning(one: Warned) -> dict[str, Any]:
    """A warning as JSON, as in `--metadata-file` too."""
    found = _filled(
        vertex=one.step, level=one.level, short=_base64(one.short), detail=[_base64(line) for line in one.detail],
        url=one.url,
    )  # fmt: skip
    if one.source is not None:
        source = one.source
        found["sourceInfo"] = _filled(
            filename=source.filename, data=base64.b64encode(source.data).decode(), language=source.language
        )
        found["range"] = [
            {"start": _filled(line=first[0], character=first[1]), "end": _filled(line=last[0], character=last[1])}
            for first, last in source.ranges
        ]
    return found


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _time(ns: int | None) -> str:
    if ns is None:
        return ""
    whole, fraction = divmod(ns, 10**9)
    digits = f".{fraction:09}".rstrip("0").rstrip(".")
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + digits + "Z"
