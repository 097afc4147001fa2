"""What is known of a running build: its steps with times, amounts, output, as displays show them.

Steps of a group are shown as one, which stays hidden while only steps that don't count (weak ones) have begun.
"""

from __future__ import annotations

import time
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockyard.client.build.progress import Amount, Step, Update, Warned

CANCELED = "context canceled"
_LAST_LINES = 10
"""How many lines of a step that fails are shown again in the end."""


class Shown:
    """One step, or a group of them."""

    def __init__(self, digest: str, name: str) -> None:
        self.digest = digest
        self.name = name
        self.hidden = False
        self.cached = False
        self.error = ""
        self.spans: dict[int, int | None] = {}
        """Beginnings and ends, in nanoseconds since 1970."""
        self.amounts: dict[str, Amount] = {}
        self.changed: set[str] = set()
        """Amounts that have changed since they were printed."""
        self.events = 0
        """How much there was to print since `busy_since`, a monotonic time."""
        self.busy_since = 0.0
        self.lines: list[str] = []
        """Output that isn't printed yet, each line with its time before it; the last may be unfinished."""
        self.unfinished = False
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self.tail: deque[str] = deque(maxlen=6)
        """The latest output without times: what a terminal shows below the step."""
        self.written_bytes = 0
        self.warnings: list[Warned] = []
        self.members: dict[str, Step] = {}

    @property
    def started(self) -> bool:
        """Whether it has begun."""
        return bool(self.spans)

    @property
    def completed(self) -> bool:
        """Whether it has ended, and hasn't begun again since."""
        return bool(self.spans) and None not in self.spans.values()

    @property
    def canceled(self) -> bool:
        """Whether it ended because the build did."""
        return self.error.endswith(CANCELED)

    def began_ns(self) -> int:
        """When it began for the last time."""
        return max(self.spans)

    def ended_ns(self) -> int:
        """When it ended, 0 while it hasn't."""
        return max((end or 0 for end in self.spans.values()), default=0)

    def seconds(self, now_ns: int) -> float:
        """How long it has taken: spans that overlap count once."""
        total, until = 0, 0
        for start, end in sorted(self.spans.items()):
            last = now_ns if end is None else end
            total += max(0, last - max(start, until))
            until = max(until, last)
        return total / 1e9

    def touch(self) -> None:
        """There is something to print."""
        if not self.events:
            self.busy_since = time.monotonic()
        self.events += 1


class Trace:
    """All steps by digest, in the order in which they began. `updated`: those that have something new."""

    def __init__(self) -> None:
        self.by_digest: dict[str, Shown] = {}
        self.order: list[Shown] = []
        self.updated: set[str] = set()
        self.started_ns = 0
        self.lag_ns = 0
        """How far the daemon's clock is behind ours."""

    def take(self, update: Update) -> None:
        """Notes what is new."""
        for step in update.steps:
            self._step(step)
        for amount in update.amounts:
            shown = self.by_digest.get(amount.step)
            if shown is not None and amount.started_ns is not None:
                shown.amounts[amount.id] = amount
                shown.changed.add(amount.id)
                self._news(shown)
        for warning in update.warnings:
            shown = self.by_digest.get(warning.step)
            if shown is not None:
                shown.warnings.append(warning)
                self._news(shown)
        for written in update.written:
            shown = self.by_digest.get(written.step)
            if shown is not None and written.data:
                _note(shown, written.data, written.at_ns)
                self._news(shown)

    def visible(self) -> list[Shown]:
        """The steps that have begun, in order, without hidden groups."""
        return [shown for shown in self.order if not shown.hidden]

    def counts(self) -> tuple[int, int]:
        """How many steps have ended, and how many there are."""
        all_of_them = {id(shown): shown for shown in self.by_digest.values() if not shown.hidden}.values()
        return sum(shown.completed for shown in all_of_them), len(all_of_them)

    def failed(self) -> list[Shown]:
        """The steps that have failed by themselves."""
        return [shown for shown in self.order if shown.error and not shown.canceled]

    def _news(self, shown: Shown) -> None:
        shown.touch()
        self.updated.add(shown.digest)

    def _step(self, step: Step) -> None:
        if step.started_ns is not None and not self.started_ns:
            self.started_ns = step.started_ns
            self.lag_ns = time.time_ns() - step.started_ns
        if step.group_id:
            self._member(step)
            return
        shown = self.by_digest.get(step.digest)
        if shown is None:
            shown = self.by_digest[step.digest] = Shown(step.digest, step.name)
        before = (shown.name, dict(shown.spans), shown.cached, shown.error)
        if step.started_ns is not None:
            if not shown.started:
                self.order.append(shown)
            shown.spans[step.started_ns] = step.completed_ns
        elif shown.started:
            return  # told again as it was planned
        shown.name, shown.cached, shown.error = step.name, step.cached, step.error
        if step.started_ns is not None and before != (shown.name, shown.spans, shown.cached, shown.error):
            self._news(shown)

    def _member(self, step: Step) -> None:
        group = self.by_digest.get(step.group_id)
        if group is None:
            group = self.by_digest[step.group_id] = Shown(step.group_id, step.group_name)
            group.hidden = True
        self.by_digest[step.digest] = group
        group.members[step.digest] = step
        if step.started_ns is not None:
            group.spans[step.started_ns] = step.completed_ns
        group.cached = all(member.cached for member in group.members.values())
        group.error = next((member.error for member in group.members.values() if member.error), "")
        shows = any(member.started_ns is not None and not member.group_weak for member in group.members.values())
        if group.hidden and (shows or group.error):
            group.hidden = False
            self.order.append(group)
        if not group.hidden:
            self._news(group)


def _note(shown: Shown, data: bytes, at_ns: int) -> None:
    shown.written_bytes += len(data)
    text = data.decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n")):
        if not number and shown.unfinished and shown.lines:
            shown.lines[-1] += line
            if shown.tail:
                shown.tail[-1] += line
        elif line or number < text.count("\n"):
            seconds = (at_ns - shown.began_ns()) / 1e9 if shown.started else 0.0
            digits = 3 if seconds < 10 else 2 if seconds < 100 else 1
            shown.lines.append(f"{seconds:.{digits}f} {line}")
            shown.tail.append(line)
    shown.unfinished = not text.endswith("\n")
