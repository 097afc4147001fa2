"""When to ask again, and after how long.

A registry that is overloaded says so (429, 503) and may say for how long (Retry-After, RFC 9110, 10.2.3); a connection
that was cut says nothing. Waiting doubles from try to try. A registry that wants more patience than a user has (Docker
Hub's limit of pulls is counted in hours) gets its error told at once.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0


def delay_seconds(attempt: int, retry_after: str, now: Callable[[], datetime]) -> float | None:
    """How long to wait before try `attempt` (1 is the first repetition); None when it isn't worth it."""
    asked = retry_after_seconds(retry_after, now)
    if asked is not None:
        return asked if asked <= LONGEST_SECONDS else None
    return float(min(FIRST_SECONDS * 2 ** (attempt - 1), LONGEST_SECONDS))


def retry_after_seconds(text: str, now: Callable[[], datetime]) -> float | None:
    """The seconds that a Retry-After header asks for: a number or a date; None when it isn't there or isn't either."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(int(text[:9]))
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now()).total_seconds())
