"""Lists of CPUs as text: cpuset(7) "List format"."""

from dockyard.errors import InvalidParameter

_MOST = 1 << 16


def cpus(text: str) -> set[int]:
    """The CPUs in `text` like `0-3,7`. InvalidParameter when it isn't such a list."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or int(last or first) >= _MOST:
            raise InvalidParameter(f"invalid CPU list {text!r}")
        found.update(range(int(first), int(last or first) + 1))
    if not found:
        raise InvalidParameter(f"invalid CPU list {text!r}")
    return found
