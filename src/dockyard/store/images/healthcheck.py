"""HEALTHCHECK: `NONE`, or `[--interval=30s] [--timeout=…] [--start-period=…] [--start-interval=…] [--retries=3] CMD …`.

Dockerfile reference, "HEALTHCHECK". Durations are Go's (`1m30s`), kept in nanoseconds.
"""

import re
from collections.abc import Callable

from dockyard.errors import InvalidParameter
from dockyard.spec.image.config import Healthcheck

_UNITS = {"h": 3600e9, "m": 60e9, "s": 1e9, "ms": 1e6, "us": 1e3, "µs": 1e3, "ns": 1}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|h|m|s)")
_DURATIONS = {"interval", "timeout", "start_period", "start_interval"}


def parse_healthcheck(text: str, json_list: Callable[[str], tuple[str, ...] | None]) -> Healthcheck:
    """The check in `text`. Raises InvalidParameter with Docker's words."""
    values: dict[str, int] = {}
    while text.startswith("--"):
        option, _, text = text.partition(" ")
        text = text.lstrip()
        name, _, value = option[2:].partition("=")
        key = name.replace("-", "_")
        if key in _DURATIONS:
            values[key] = _duration(name, value)
        elif key == "retries":
            if not value.isdigit():
                raise InvalidParameter(f"--retries must be at least 0 (not {value})")
            values[key] = int(value)
        else:
            raise InvalidParameter(f"unknown flag: {name}")
    kind, _, rest = text.partition(" ")
    if kind.upper() == "NONE":
        if rest.strip():
            raise InvalidParameter("HEALTHCHECK NONE takes no arguments")
        return Healthcheck(("NONE",))
    if kind.upper() != "CMD":
        raise InvalidParameter(f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
    if not rest.strip():
        raise InvalidParameter("Missing command after HEALTHCHECK CMD")
    listed = json_list(rest.strip())
    test = ("CMD", *listed) if listed is not None else ("CMD-SHELL", rest.strip())
    return Healthcheck(test, **values)


def _duration(name: str, text: str) -> int:
    position = total = 0
    while match := _DURATION.match(text, position):
        total += round(float(match[1]) * _UNITS[match[2]])
        position = match.end()
    if not text or position != len(text):
        raise InvalidParameter(f'time: invalid duration "{text}"')
    if 0 < total < 1_000_000:
        raise InvalidParameter(f"Interval {name!r} cannot be less than 1ms".replace("'", '"'))
    return total
