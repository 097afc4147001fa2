"""Times as text: RFC 3339 in UTC with nanoseconds, trailing zeros left out, as Go's RFC3339Nano writes them."""

import re
import time
from datetime import UTC, datetime

_PARTS = re.compile(r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?")

ZERO = "0001-01-01T00:00:00Z"
"""What Go prints for a time that is not set."""


def rfc3339(time_ns: int) -> str:
    """`time_ns` (nanoseconds since the epoch) as text; 0 is Go's zero time."""
    if time_ns == 0:
        return ZERO
    seconds, fraction = divmod(time_ns, 1_000_000_000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    digits = f"{fraction:09d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def rfc3339_ns(text: str) -> int:
    """The text as nanoseconds since the epoch; 0 for Go's zero time, and for what is none."""
    parts = _PARTS.fullmatch(text)
    if parts is None or text == ZERO:
        return 0
    try:
        moment = datetime.fromisoformat(parts[1] + (parts[3] or "Z").upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return 0
    return int(moment.timestamp()) * 1_000_000_000 + int((parts[2] or "0")[:9].ljust(9, "0"))
