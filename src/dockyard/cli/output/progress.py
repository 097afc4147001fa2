"""The progress that the daemon reports while it pulls, loads or imports: one JSON value a line.

On a terminal each id keeps a line that is drawn over, with a bar where there is room; elsewhere every change of status
is a line, and amounts aren't shown.
"""

from __future__ import annotations

from dockyard.cli.output.units import human_size
from dockyard.cli.session import Session, write_all
from dockyard.client.response import Response
from dockyard.errors import SystemFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_WITH_BAR = 110
"""From more columns than this on there is a bar."""


def show_progress(session: Session, response: Response, *, target: int, quiet: bool = False) -> None:
    """Shows all values of `response` at the descriptor `target`, or only waits for their end when `quiet`.

    Raises SystemFailure with the daemon's message when it reports an error.
    """
    session.flush()
    size = session.terminal_size(target)
    columns = size[1] if size else 200
    drawing = Drawing(columns if session.is_terminal(target) else None)
    for value in response.values():
        message = error_in(value)
        if message:
            response.connection.close()
            raise SystemFailure(message)
        if not quiet:
            write_all(target, drawing.text(value).encode("utf-8", "surrogateescape"))


def error_in(value: Any) -> str:
    """The message of a value that reports an error, else empty."""
    if value.get("errorDetail"):
        return str(value["errorDetail"].get("message", ""))
    return str(value.get("error") or "")


class Drawing:
    """What has been drawn so far: which id has which line, counted from the first of the block."""

    def __init__(self, columns: int | None) -> None:
        """columns: width of the terminal, None when the output isn't one."""
        self._columns = columns
        self._lines: dict[str, int] = {}

    def text(self, value: Any) -> str:
        """What to write for the next value."""
        if "aux" in value:
            return ""
        identifier, detail = value.get("id", ""), value.get("progressDetail")
        if self._columns is None:
            return _plain(value, identifier, detail)
        before, rows = "", 0
        if identifier and detail is not None:
            if identifier not in self._lines:
                self._lines[identifier] = len(self._lines)
                before = "\n"
            rows = len(self._lines) - self._lines[identifier]
            before += f"\x1b[{rows}A"
        else:
            self._lines.clear()
        after = f"\x1b[{rows}B" if rows else ""
        return before + self._line(value, identifier, detail) + after

    def _line(self, value: Any, identifier: str, detail: Any) -> str:
        if "stream" in value:
            return str(value["stream"])
        text = f"{identifier}: " if identifier else ""
        text += value.get("status", "")
        if detail is None:
            return f"{text}\n"
        return f"\x1b[2K\r{text} {amounts(detail, self._columns or 0)}\r"


def _plain(value: Any, identifier: str, detail: Any) -> str:
    if "stream" in value:
        return str(value["stream"])
    if detail and amounts(detail, 0):
        return ""
    return f"{identifier}: {value.get('status', '')}\n" if identifier else f"{value.get('status', '')}\n"


def amounts(detail: Any, columns: int) -> str:
    """`[====>   ]  1.2MB/30MB`, as much of it as is known and fits."""
    current, total = detail.get("current", 0), detail.get("total", 0)
    if current <= 0 and total <= 0:
        return ""
    units = detail.get("units", "")
    shown = human_size(current) if not units else f"{current}"
    if total <= 0:
        return f"{shown:>8}" if not units else f"{current} {units}"
    done = min(int(current / total * 100) // 2, 50)
    bar = f"[{'=' * done}>{' ' * (50 - done)}] " if columns > _WITH_BAR else ""
    if detail.get("hidecounts"):
        return bar
    if current > total:
        return f"{bar}{shown:>8}" if not units else f"{bar}{current} {units}"
    return f"{bar}{shown:>8}/{human_size(total)}" if not units else f"{bar}{current}/{total} {units}"


def drawn(values: Iterable[Any], columns: int | None) -> str:
    """All that is written for `values`."""
    drawing = Drawing(columns)
    return "".join(drawing.text(value) for value in values)
