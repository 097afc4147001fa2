"""Go's durations: `1h15m30.5s`, in nanoseconds. https://pkg.go.dev/time#ParseDuration"""

import re
from fractions import Fraction

from dockyard.builder.dockerfile.source import DockerfileError

_UNITS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "μs": 10**3, "ns": 1}
_PART = re.compile(r"([0-9]{0,30})(\.[0-9]{0,30})?(ms|us|µs|μs|ns|h|m|s|[^0-9.]*)")
_LARGEST = (1 << 63) - 1
_LEAST = 10**6


def parse_interval(name: str, text: str) -> int:
    """The duration that the flag `name` of HEALTHCHECK gives, 0 for none. Raises DockerfileError in Go's words."""
    if not text:
        return 0
    duration = parse_duration(text)
    if duration != 0 and duration < _LEAST:
        raise DockerfileError(f'Interval "{name}" cannot be less than 1ms')
    return duration


def parse_duration(text: str) -> int:
    """Nanoseconds. Raises DockerfileError in Go's words."""
    rest = text[1:] if text[:1] in ("+", "-") and text else text
    if rest == "0":
        return 0
    total, at = Fraction(0), 0
    if not rest:
        raise DockerfileError(f'time: invalid duration "{text}"')
    while at < len(rest):
        match = _PART.match(rest, at)
        if match is None or not (match[1] or (match[2] or ".") != "."):
            raise DockerfileError(f'time: invalid duration "{text}"')
        if not match[3]:
            raise DockerfileError(f'time: missing unit in duration "{text}"')
        if match[3] not in _UNITS:
            raise DockerfileError(f'time: unknown unit "{match[3]}" in duration "{text}"')
        total += Fraction(f"{match[1] or 0}{match[2] if match[2] and match[2] != '.' else ''}") * _UNITS[match[3]]
        at = match.end()
    if total > _LARGEST:
        raise DockerfileError(f'time: invalid duration "{text}"')
    return -int(total) if text.startswith("-") else int(total)
