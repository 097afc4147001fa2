"""`--health-*` and `--no-healthcheck`: the Healthcheck of the API, times in nanoseconds."""

from __future__ import annotations

from dockyard.cli.flags.spec import Parsed
from dockyard.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FIELDS = (
    ("health-interval", "Interval"),
    ("health-timeout", "Timeout"),
    ("health-start-period", "StartPeriod"),
    ("health-start-interval", "StartInterval"),
    ("health-retries", "Retries"),
)


def healthcheck(options: Parsed) -> dict[str, Any] | None:
    """The Healthcheck, None without any of the flags. Raises InvalidParameter for what is negative or contradicts."""
    given: dict[str, Any] = {key: options[flag] for flag, key in _FIELDS if options[flag]}
    if options["no-healthcheck"]:
        if given or options["health-cmd"]:
            raise InvalidParameter("--no-healthcheck conflicts with --health-* options")
        return {"Test": ["NONE"]}
    for flag, _ in _FIELDS:
        if (options[flag] or 0) < 0:
            raise InvalidParameter(f"--{flag} cannot be negative")
    if options["health-cmd"]:
        given["Test"] = ["CMD-SHELL", options["health-cmd"]]
    return given or None
