"""Progress as text, as BuildKit prints it where there is no terminal: one step at a time.

    #5 [2/3] RUN make
    #5 0.118 output of it
    #5 DONE 0.3s

Another step's output waits until this one is done, or has had its turn for some seconds: then `#5 ...`, and on with it.
"""

from __future__ import annotations

import time

from dockyard.cli.build.trace import Shown, Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockyard.client.build.progress import Amount, Update

_PAUSE_SECONDS = 0.1
_TURN_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 10.0
_LEAST_SECONDS = 5.0
_LEAST_SHARE = 0.05
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


class Plain:
    """Prints to `write`. description: what builds, for the first line."""

    def __init__(self, write: Callable[[str], None], description: str) -> None:
        self._write = write
        self._description = description
        self.trace = Trace()
        self._printed_at = 0.0
        self._current: Shown | None = None
        self._numbers: dict[str, int] = {}
        self._printed: dict[tuple[str, str], Amount] = {}
        self._warned: dict[str, int] = {}
        self._resumed = 0
        """How many characters of the current step's unfinished line are printed."""

    def take(self, update: Update) -> None:
        """Notes what is new, and prints it unless something has just been printed: more comes together then."""
        self.trace.take(update)
        if time.monotonic() - self._printed_at >= _PAUSE_SECONDS:
            self.tick()

    def tick(self) -> None:
        """Prints what is new, as far as it is its turn."""
        self._printed_at = time.monotonic()
        waiting = [self.trace.by_digest[digest] for digest in self.trace.updated]
        waiting = [shown for shown in waiting if not shown.hidden and shown.started]
        current = self._current
        done = sorted((shown for shown in waiting if shown.completed), key=Shown.ended_ns)
        for shown in sorted(done, key=lambda shown: shown is not current):
            self._print(shown)
        rest = [shown for shown in waiting if not shown.completed]
        if current is not None and current in rest:
            self._print(current)
        if self._current is None:
            open_steps = rest or [shown for shown in self.trace.visible() if not shown.completed]
            if open_steps:
                self._print(max(open_steps, key=_speed))
        elif others := [shown for shown in rest if shown is not self._current]:
            now = time.monotonic()
            waited = max(others, key=lambda shown: now - shown.busy_since)
            turn = now - self._current.busy_since if self._current.events else _TURN_SECONDS
            share = _speed(self._current) / (sum(map(_speed, others)) + _speed(self._current) or 1)
            if now - waited.busy_since > _LONGEST_WAIT_SECONDS or turn * (1 - share) > _TURN_SECONDS:
                self._print(waited)

    def finish(self) -> None:
        """Prints all that is left, and again the output of what has failed."""
        self.tick()
        for shown in self.trace.failed():
            self._write(f"------\n > {shown.name}:\n")
            for line in [*shown.last_lines, *shown.lines]:
                self._write(line + "\n")
            self._write("------\n")

    def _print(self, shown: Shown) -> None:
        number = self._numbers.setdefault(shown.digest, len(self._numbers) + 1)
        if shown is not self._current:
            self._change_to(shown, number)
        still_open = self._amounts(shown, number)
        for warning in shown.warnings[self._warned.get(shown.digest, 0) :]:
            self._write(f"#{number} WARN: {warning.short}\n")
        self._warned[shown.digest] = len(shown.warnings)
        self._lines(shown, number)
        self._current = shown
        shown.events = shown.events or 1
        if shown.completed and not still_open:
            self._current = None
            shown.events = 0
            self._end(shown, number)
        self.trace.updated.discard(shown.digest)

    def _change_to(self, shown: Shown, number: int) -> None:
        if self._current is not None:
            if self._resumed:
                self._write("\n")
            self._resumed = 0
            self._current.events = 0
            self._write(f"#{self._numbers[self._current.digest]} ...\n")
        first = self._current is None and len(self._numbers) == 1 and not self._warned
        if not first:
            self._write("\n")
        elif self._description:
            self._write(f"#0 {self._description}\n\n")
        self._write(f"#{number} {shown.name}\n")
        shown.busy_since, shown.events = time.monotonic(), 1

    def _amounts(self, shown: Shown, number: int) -> bool:
        """Prints amounts that have changed enough; whether one is unfinished."""
        still_open = False
        for name, amount in shown.amounts.items():
            if name not in shown.changed:
                continue
            last = self._printed.get((shown.digest, name))
            if last is not None and amount.completed_ns is None:
                share = (amount.current - last.current) / amount.total if amount.total else 0
                if share < _LEAST_SHARE and (amount.at_ns - last.at_ns) / 1e9 < _LEAST_SECONDS:
                    continue
            self._printed[shown.digest, name] = amount
            still_open = still_open or amount.completed_ns is None
            self._write(f"#{number} {amount.id}{amount_text(amount)}\n")
        shown.changed.clear()
        return still_open

    def _lines(self, shown: Shown, number: int) -> None:
        for index, line in enumerate(shown.lines):
            last = index == len(shown.lines) - 1
            if index == 0 and self._resumed:
                self._write(line[self._resumed :])
            else:
                self._write(f"#{number} {line}")
            if last and shown.unfinished:
                self._resumed = len(line)
                shown.lines = [line]
                return
            self._write("\n")
            self._resumed = 0
            shown.last_lines.append(line)
        shown.lines = []

    def _end(self, shown: Shown, number: int) -> None:
        if self._resumed:
            self._write("\n")
            self._resumed = 0
        if shown.canceled:
            self._write(f"#{number} CANCELED\n")
        elif shown.error:
            self._write(f"#{number} ERROR: {shown.error}\n")
        elif shown.cached:
            self._write(f"#{number} CACHED\n")
        else:
            self._write(f"#{number} DONE {shown.seconds(time.time_ns() - self.trace.lag_ns):.1f}s\n")


def _speed(shown: Shown) -> float:
    return shown.events / max(time.monotonic() - shown.busy_since, 1e-3)


def amount_text(amount: Amount) -> str:
    """` 1.23MB / 4.56MB 0.2s done`, as much of it as there is."""
    text = ""
    if amount.total:
        text = f" {size_text(amount.current)} / {size_text(amount.total)}"
    elif amount.current:
        text = f" {size_text(amount.current)}"
    if amount.started_ns is not None:
        seconds = ((amount.completed_ns or amount.at_ns) - amount.started_ns) / 1e9
        if seconds > 0.01:
            text += f" {seconds:.1f}s"
    return text + (" done" if amount.completed_ns is not None else "")


def size_text(size: float) -> str:
    """`41B`, `1.23kB`: decimal units, two digits behind the point from kilobytes on."""
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.2f}{_UNITS[unit]}" if unit else f"{size:.0f}B"
