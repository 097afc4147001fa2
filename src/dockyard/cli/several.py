"""Verbs that take several names: each is done, whatever becomes of the others; what failed is told at the end."""

from __future__ import annotations

from dockyard.cli.session import Session
from dockyard.errors import DockyardError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def for_each(session: Session, names: Iterable[str], action: Callable[[str], str | None]) -> int:
    """Does `action` for each name and prints what it returns, a line each; errors follow on stderr.

    Returns the exit code: 1 when one failed.
    """
    errors = []
    for name in names:
        try:
            text = action(name)
        except DockyardError as error:
            errors.append(str(error))
            continue
        if text is not None:
            session.line(text)
    if not errors:
        return 0
    session.error("\n".join(errors))
    return 1
