"""Signals as readable events: each arrives as a byte on a pipe that the pump polls (signal(7), the self-pipe)."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = {
    getattr(_signal, f"SIG{name}"): name
    for name in ("HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TERM", "CONT", "TSTP", "WINCH")
}
WINDOW_CHANGED: int = _signal.SIGWINCH


class SignalPipe:
    """Catches the signals of NAMES (all, or the change of the window's size alone) while it is open: a context."""

    def __init__(self, *, all_signals: bool) -> None:
        self._wanted = list(NAMES) if all_signals else [WINDOW_CHANGED]
        self._before: dict[int, Any] = {}
        self._ends: tuple[int, int] = (-1, -1)

    def __enter__(self) -> SignalPipe:  # noqa: PYI034 - Self would have to come from typing
        self._ends = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        _signal.set_wakeup_fd(self._ends[1])
        for number in self._wanted:
            self._before[number] = _signal.signal(number, _ignore)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            _signal.signal(number, handler)
        _signal.set_wakeup_fd(-1)
        for end in self._ends:
            os.close(end)

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._ends[0]

    def take(self) -> list[int]:
        """The numbers of the signals that have come."""
        try:
            return list(os.read(self._ends[0], 256))
        except BlockingIOError:
            return []


def _ignore(_number: int, _frame: object) -> None:
    """The handler: the wake-up descriptor has the number already."""
