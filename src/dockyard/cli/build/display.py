"""Which display there is, and its thread: clocks go on while nothing happens, and a slow terminal stops nobody."""

from __future__ import annotations

import queue
import threading

from dockyard.cli.exit import Exit
from dockyard.cli.session import STDERR, Session, write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol, Self

    from dockyard.client.build.progress import Update, Warned

    class Display(Protocol):
        """What shows updates."""

        def take(self, update: Update) -> None: ...
        def tick(self) -> None: ...
        def finish(self) -> None: ...


_TICK_SECONDS = 0.15
_MODES = ("auto", "plain", "tty", "quiet", "none", "rawjson")
_TEXT = 'building with "default" instance using docker driver'
_CONSOLE = "docker:default"


def mode_of(session: Session, asked: str, *, quiet: bool) -> str:
    """plain, tty, quiet or rawjson. Raises Exit for what isn't one, and for a terminal that isn't there."""
    mode = "quiet" if quiet else asked
    if quiet and asked not in ("auto", "quiet"):
        raise Exit(1, f"ERROR: progress={asked} and quiet cannot be used together")
    if mode == "auto":
        mode = session.environment.get("BUILDKIT_PROGRESS") or "auto"
    if mode not in _MODES:
        raise Exit(1, f"ERROR: invalid progress mode {mode}")
    terminal = session.is_terminal(STDERR)
    if mode == "tty" and not terminal:
        raise Exit(1, "ERROR: failed to get console: provided file is not a console")
    if mode == "auto":
        mode = "tty" if terminal else "plain"
    return "quiet" if mode == "none" else mode


class Displaying:
    """Shows what `take` is given, as long as the context lasts. In mode quiet nothing, unless the build fails."""

    def __init__(self, session: Session, mode: str) -> None:
        self._session = session
        self.mode = mode
        self._updates: queue.SimpleQueue[Update | None] = queue.SimpleQueue()
        self._kept: list[Update] = []
        self.warnings: list[Warned] = []
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._updates.put(None)
        self._thread.join()
        if self.mode == "quiet" and isinstance(error, Exception):
            display = self._display("plain")
            for update in self._kept:
                display.take(update)
            display.finish()

    def take(self, update: Update) -> None:
        """What is new; from any thread."""
        for warning in update.warnings:
            if all((one.short, one.source) != (warning.short, warning.source) for one in self.warnings):
                self.warnings.append(warning)
        self._updates.put(update)

    def _show(self) -> None:
        display = None if self.mode == "quiet" else self._display(self.mode)
        while True:
            try:
                update = self._updates.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                if display is not None:
                    display.tick()
                continue
            if update is None:
                break
            if display is None:
                self._kept.append(update)
            else:
                display.take(update)
        if display is not None:
            display.finish()

    def _display(self, mode: str) -> Display:
        if mode == "rawjson":
            from dockyard.cli.build.raw_json import RawJson

            return RawJson(_write)
        if mode == "tty":
            from dockyard.cli.build.terminal import Terminal

            return Terminal(_write, self._size, _CONSOLE, colors=_colors(self._session.environment))
        from dockyard.cli.build.plain import Plain

        return Plain(_write, _TEXT)

    def _size(self) -> tuple[int, int]:
        return self._session.terminal_size(STDERR) or (24, 80)


def _write(text: str) -> None:
    try:
        write_all(STDERR, text.encode("utf-8", "surrogateescape"))
    except OSError:
        return  # nobody reads any more, or the terminal is gone: the build goes on


def _colors(environment: Mapping[str, str]) -> bool:
    return not environment.get("NO_COLOR")
