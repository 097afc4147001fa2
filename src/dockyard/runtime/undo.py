"""Taking back what was done when a later step fails;

a failure of that is added to the first error, not put in its place.
"""

from collections.abc import Callable
from typing import Self

from dockyard.errors import DockyardError


class Undo:
    """Steps back, run from the last to the first if the block ends with an error, dropped if it doesn't."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def push(self, step: Callable[[], object]) -> None:
        """Remember how to take back what was just done."""
        self._steps.append(step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            return
        for step in reversed(self._steps):
            try:
                step()
            except (DockyardError, OSError) as failed:
                error.add_note(f"and while cleaning up: {failed}")
