"""Points in time as users write them in filters (`until`): a duration before now, a date, or Unix seconds.

    good   24h   1h30m   2026-11-24   2026-11-24T10:52   2026-11-24T10:52:00.5Z   2026-11-24T10:52:00+01:00   1700000000
    bad    yesterday   24   (that is 1970)   2026-13-01

Dates without a zone are in this machine's. Source: Docker's filters, time.ParseDuration of Go.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from dockyard.errors import InvalidParameter

UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
SECOND_NS = UNITS_NS["s"]
TERM = re.compile(r"(\d{1,19})?(?:\.(\d{0,19}))?(ns|us|µs|μs|ms|s|m|h)")
DURATION = re.compile(r"[+-]?(?:(?=\.?\d)\d{0,19}(?:\.\d{0,19})?(?:ns|us|µs|μs|ms|s|m|h))+")
DATE = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d(?::\d\d(?::\d\d)?)?)?(?:(?<=:\d\d:\d\d)\.(\d+))?(Z|[+-]\d\d:\d\d)?")
UNIX = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,20})?")

LARGEST_NS = (1 << 63) - 1


def parse_moment(text: str, now_ns: int) -> int:
    """Nanoseconds since the epoch. InvalidParameter for what is none of the three."""
    if text != "0" and DURATION.fullmatch(text):
        return now_ns - _duration_ns(text)
    if date := DATE.fullmatch(text):
        return _date_ns(text, date)
    if UNIX.fullmatch(text):
        seconds, _, decimals = text.partition(".")
        return int(seconds) * SECOND_NS + int(decimals[:9].ljust(9, "0"))
    shown = f'"{text}"' if text else "value is empty"
    raise InvalidParameter(f"failed to parse value as time or duration: {shown}")


def parse_until(filters: Mapping[str, tuple[str, ...]], now_ns: int) -> int | None:
    """The filter `until` of a prune, None when it isn't there. InvalidParameter when it is no time, or several."""
    values = filters.get("until")
    if not values:
        return None
    if len(values) > 1:
        raise InvalidParameter("more than one until filter specified")
    return parse_moment(values[0], now_ns)


def _duration_ns(text: str) -> int:
    total = 0
    for whole, decimals, unit in TERM.findall(text):
        total += int(whole or 0) * UNITS_NS[unit]
        if decimals:
            total += int(decimals) * UNITS_NS[unit] // 10 ** len(decimals)
    if total > LARGEST_NS:
        raise InvalidParameter(f'failed to parse value as time or duration: "{text}": it is out of range')
    return -total if text.startswith("-") else total


def _date_ns(text: str, date: re.Match[str]) -> int:
    day, time, decimals, zone = date.groups(default="")
    try:
        moment = datetime.fromisoformat(day + (time or "T00") + zone)
        return int(moment.timestamp()) * SECOND_NS + int(decimals[:9].ljust(9, "0"))
    except (ValueError, OverflowError) as error:
        raise InvalidParameter(f'parsing time "{text}": {error}') from error
