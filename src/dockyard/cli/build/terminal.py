"""Progress on a terminal: a block that is drawn over, one line a step, below running ones the last that they wrote.

[+] Building 1.2s (3/7)                                                        docker:default
 => [internal] load build definition from Dockerfile                                     0.0s
 => [2/3] RUN make                                                                       0.9s
 => => # cc -o main main.c
"""

from __future__ import annotations

import time

from dockyard.cli.build.plain import size_text
from dockyard.cli.build.trace import Shown, Trace
from dockyard.cli.output.columns import columns_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockyard.client.build.progress import Amount, Update

_BLUE, _YELLOW, _RED, _FAINT, _PLAIN = "\x1b[34m", "\x1b[33m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_CONTROLS = {code: " " if code == 9 else None for code in (*range(32), *range(127, 160))}


class Terminal:
    """Draws to `write`. size: asks for (rows, columns); colors: whether there are any."""

    def __init__(
        self, write: Callable[[str], None], size: Callable[[], tuple[int, int]], description: str, *, colors: bool
    ) -> None:
        self._write = write
        self._size = size
        self._description = description
        self._colors = colors
        self.trace = Trace()
        self._drawn = 0
        self._drawn_at = 0.0

    def take(self, update: Update) -> None:
        """Notes what is new; it is drawn soon."""
        self.trace.take(update)
        if time.monotonic() - self._drawn_at >= 0.1:
            self.tick()

    def tick(self) -> None:
        """Draws how it is now."""
        self._draw(whole=False)

    def finish(self) -> None:
        """Draws all, however long, and prints the output of what has failed."""
        self._draw(whole=True)
        for shown in self.trace.failed():
            lines = "".join(f"{line.translate(_CONTROLS)}\n" for line in shown.lines)
            self._write(f"------\n > {shown.name}:\n{lines}------\n")

    def _draw(self, *, whole: bool) -> None:
        self._drawn_at = time.monotonic()
        rows, columns = self._size()
        now = time.time_ns() - self.trace.lag_ns
        done, total = self.trace.counts()
        ended = " FINISHED" if whole and done and done == total else ""
        seconds = (now - self.trace.started_ns) / 1e9 if self.trace.started_ns else 0.0
        lines = [_aligned(f"[+] Building {seconds:.1f}s ({done}/{total}){ended}", self._description, columns)]
        body = [line for shown in self.trace.visible() for line in self._step(shown, now, columns)]
        if not whole and len(body) > rows - 2:
            body = body[len(body) - max(rows - 2, 0) :]
        lines += body
        text = f"\x1b[{self._drawn}A" if self._drawn else ""
        text += "".join(f"\r\x1b[2K{line}\n" for line in lines)
        if len(lines) < self._drawn:
            text += "\x1b[J"
        self._drawn = 0 if whole else len(lines)
        self._write(f"{_HIDE}{text}{_SHOW}")

    def _step(self, shown: Shown, now: int, columns: int) -> list[str]:
        mark = "CANCELED " if shown.canceled else "ERROR " if shown.error else "CACHED " if shown.cached else ""
        seconds = shown.seconds(now)
        lines = [self._line(f" => {mark}{shown.name}", seconds, columns, _color(shown))]
        for amount in shown.amounts.values():
            text = f" => => {amount.id}{_sizes(amount)}"
            lines += [self._line(text, _took(amount, now), columns, _color_of(amount))]
        lines += [self._line(f" => WARN: {one.short}", seconds, columns, _YELLOW) for one in shown.warnings]
        if not shown.completed:
            texts = (_cut(f" => => # {one.translate(_CONTROLS)}", columns - 1) for one in shown.tail if one.strip())
            lines += [self._painted(text, _FAINT) for text in texts]
        return lines

    def _line(self, text: str, seconds: float, columns: int, color: str) -> str:
        timer = f"{seconds if seconds >= 0.05 else 0:.1f}s"
        return self._painted(_aligned(text.translate(_CONTROLS), timer, columns), color)

    def _painted(self, text: str, color: str) -> str:
        return f"{color}{text}{_PLAIN}" if color and self._colors else text


def _color(shown: Shown) -> str:
    if not shown.completed:
        return ""
    return _YELLOW if shown.canceled else _RED if shown.error else _BLUE


def _color_of(amount: Amount) -> str:
    return _BLUE if amount.completed_ns is not None else ""


def _sizes(amount: Amount) -> str:
    if amount.total:
        return f" {size_text(amount.current)} / {size_text(amount.total)}"
    return f" {size_text(amount.current)}" if amount.current else ""


def _took(amount: Amount, now: int) -> float:
    return ((amount.completed_ns or now) - (amount.started_ns or now)) / 1e9


def _aligned(left: str, right: str, columns: int) -> str:
    """`left` cut to what `right` leaves of a line, and `right` at its end; a column stays free."""
    room = max(columns - columns_of(right) - 2, 0)
    left = _cut(left, room)
    return left + " " * max(room - columns_of(left), 0) + " " + right


def _cut(text: str, columns: int) -> str:
    end = min(len(text), max(columns, 0))
    while end and columns_of(text[:end]) > columns:
        end -= 1
    return text[:end]
