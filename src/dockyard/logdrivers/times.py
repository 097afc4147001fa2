"""Times as drivers write them."""

from time import gmtime, strftime


def rfc3339_nano(time_ns: int) -> str:
    """Nanoseconds since the epoch as Go's time.RFC3339Nano in UTC: a fraction without trailing zeros."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(seconds))}{fraction}Z"
