"""The filter `until` of prunes: a time, or how long ago.

    good   1700000000.5   2026-01-02T15:04:05Z   2026-01-02   24h   1h30m
    bad    yesterday   2 weeks

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Network/operation/NetworkPrune ("filters")
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.server.docker.timestamps import SECOND_NS, parse_unix_timestamp

_UNITS: Final = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_DURATION: Final = re.compile(rf"[+-]?(?:{_PART.pattern})+")
_LONGEST: Final = 64


def cutoff_ns(values: Sequence[str], now_ns: int) -> int | None:
    """The latest time of creation that is meant, in nanoseconds since the epoch; None where there is no such filter.

    Raises:
        InvalidParameter: several values, or one that is no time.
    """
    if not values:
        return None
    if len(values) > 1:
        raise InvalidParameter("more than one until filter specified")
    text = values[0]
    if len(text) <= _LONGEST and _DURATION.fullmatch(text):
        seconds = sum((Fraction(number) * _UNITS[unit] for number, unit in _PART.findall(text)), Fraction(0))
        return now_ns + int(seconds * SECOND_NS) if text.startswith("-") else now_ns - int(seconds * SECOND_NS)
    if (moment := _date(text)) is not None:
        return int(moment.timestamp() * SECOND_NS)
    parsed = parse_unix_timestamp(text, "until")
    if parsed is None:
        raise InvalidParameter("invalid filter 'until='")
    return parsed


def created_ns(text: str) -> int:
    """Nanoseconds since the epoch of a time of creation as records have it."""
    moment = _date(text)
    return int(moment.timestamp() * SECOND_NS) if moment is not None else 0


def _date(text: str) -> datetime | None:
    if "-" not in text[1:]:
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
