"""Durations as Go writes them: `5s`, `1.5h`, `1m30s`, `250ms`. https://pkg.go.dev/time#ParseDuration"""

from typing import Final

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float:
    """Seconds; ValueError when `text` isn't a duration. Only "0" goes without a unit."""
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    seconds = 0.0
    if not rest:
        raise ValueError(text)
    while rest:
        number_end = 0
        while number_end < len(rest) and (rest[number_end] in "0123456789."):
            number_end += 1
        unit_end = number_end
        while unit_end < len(rest) and rest[unit_end] not in "0123456789.":
            unit_end += 1
        number, unit, rest = rest[:number_end], rest[number_end:unit_end], rest[unit_end:]
        if unit not in _UNITS:
            raise ValueError(text)
        seconds += float(number) * _UNITS[unit]
    return sign * seconds
