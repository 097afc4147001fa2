"""Moments as users give them (`--since 42m`, `--until 2026-11-24T08:00Z`) in the API's form: seconds.nanoseconds."""

from __future__ import annotations

from dockyard.cli.flags.kinds import duration
from dockyard.errors import InvalidParameter

_LAYOUTS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H", "%Y-%m-%d")


def timestamp(text: str, now: float) -> str:
    """`text`, a time before `now`, a date or a number of seconds, in the API's form; empty stays empty.

    Dates without a zone are local. Raises InvalidParameter for anything else.
    """
    if not text:
        return ""
    try:
        return str(int(now - duration(text) / 1e9))
    except ValueError:
        pass
    seconds, dot, fraction = text.partition(".")
    if seconds.removeprefix("-").isdigit() and (not dot or fraction.isdigit()):
        return text
    return _date(text)


def _date(text: str) -> str:
    import calendar
    import time

    moment, offset = _zone(text)
    moment, _, fraction = moment.partition(".")
    for layout in _LAYOUTS:
        try:
            parsed = time.strptime(moment, layout)
        except ValueError:
            continue
        seconds = int(time.mktime(parsed)) if offset is None else calendar.timegm(parsed) - offset
        return f"{seconds}.{fraction[:9]:0<9}"
    raise InvalidParameter(f'failed to parse value as time or duration: "{text}"')


def _zone(text: str) -> tuple[str, int | None]:
    """The text without its zone, and the zone's offset in seconds; None for local time."""
    if text.endswith("Z"):
        return text[:-1], 0
    mark = max(text.rfind("+"), text.rfind("-"))
    zone = text[mark + 1 :]
    if "T" in text[:mark] and len(zone) == 5 and zone[2] == ":" and zone.replace(":", "").isdigit():
        offset = int(zone[:2]) * 3600 + int(zone[3:]) * 60
        return text[:mark], -offset if text[mark] == "-" else offset
    return text, None
