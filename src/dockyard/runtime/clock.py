"""The time of day as the state file holds it: RFC 3339 with nanoseconds, UTC."""

import time


def now() -> str:
    """The present moment, as Go's time.RFC3339Nano writes it."""
    return rfc3339(time.time_ns())


def rfc3339(nanoseconds: int) -> str:
    """The moment `nanoseconds` after the epoch."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    digits = f"{fraction:09d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"
