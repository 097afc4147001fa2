"""Times as text: RFC 3339 in UTC with nanoseconds, trailing zeros left out, as Go's RFC3339Nano writes them."""

import time

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
