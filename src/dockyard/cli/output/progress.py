"""The progress that the daemon reports while it pulls, loads or imports: one JSON value a line.

On a terminal each layer has a line that is drawn over (with its bar); elsewhere every change of status is a line.
"""

from __future__ import annotations

from dockyard.cli.output.units import human_size
from dockyard.cli.session import Session, write_all
from dockyard.client.response import Response
from dockyard.errors import SystemFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BAR = 50


def show_progress(session: Session, response: Response, *, target: int, quiet: bool = False) -> list[Any]:
    """Shows all values of `response` at the descriptor `target`, and returns those that carry `aux`.

    Raises SystemFailure with the daemon's message when it reports an error.
    """
    session.flush()
    terminal = session.is_terminal(target)
    lines: dict[str, int] = {}
    extra = []
    for value in response.values():
        failure = value.get("errorDetail") or ({"message": value["error"]} if "error" in value else None)
        if failure:
            response.connection.close()
            raise SystemFailure(str(failure.get("message", "")))
        if "aux" in value:
            extra.append(value["aux"])
        elif not quiet:
            text = _drawn(value, lines) if terminal else _plain(value)
            write_all(target, text.encode("utf-8", "surrogateescape"))
    return extra


def _plain(value: Any) -> str:
    if "stream" in value:
        return str(value["stream"])
    if value.get("progressDetail"):
        return ""
    prefix = f"{value['id']}: " if value.get("id") else ""
    return f"{prefix}{value.get('status', '')}\n"


def _drawn(value: Any, lines: dict[str, int]) -> str:
    if "stream" in value:
        return str(value["stream"])
    identifier = value.get("id", "")
    detail = value.get("progressDetail") or {}
    text = f"{identifier}: " if identifier else ""
    text += value.get("status", "")
    bar = _bar(detail)
    text = f"{text} {bar}" if bar else text
    if not identifier or "progressDetail" not in value:
        lines.clear()
        return f"{text}\n"
    if identifier not in lines:
        lines[identifier] = len(lines)
        return f"{text}\n"
    up = len(lines) - lines[identifier]
    return f"\x1b[{up}A\x1b[2K\r{text}\r\x1b[{up}B"


def _bar(detail: Any) -> str:
    current, total = detail.get("current", 0), detail.get("total", 0)
    if current <= 0 and total <= 0:
        return ""
    if total <= 0 or current > total:
        return f"{human_size(current):>8}"
    done = int(current / total * 100) // 2
    bar = "=" * done + ">" + " " * (_BAR - done)
    return f"[{bar[: _BAR + (done == _BAR)]}]  {human_size(current):>8}/{human_size(total)}"
