"""Sizes and times as Docker prints them (go-units: HumanSize, BytesSize, HumanDuration)."""

from __future__ import annotations

from dockyard.cli.output.columns import columns_of

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")


def human_size(size: float, digits: int = 4) -> str:
    """`size` bytes in the largest fitting decimal unit: 1984172 is `1.984MB`."""
    return _scaled(size, 1000.0, _DECIMAL, digits)


def binary_size(size: float) -> str:
    """`size` bytes in the largest fitting binary unit: 25190000000 is `23.46GiB`."""
    return _scaled(size, 1024.0, _BINARY, 4)


def _scaled(size: float, step: float, units: tuple[str, ...], digits: int) -> str:
    index = 0
    while size >= step and index < len(units) - 1:
        size /= step
        index += 1
    return f"{size:.{digits}g}{units[index]}"


def human_duration(seconds: float) -> str:
    """A time span in words: `4 seconds`, `About an hour`, `3 weeks`."""
    if seconds < 1:
        return "Less than a second"
    whole = int(seconds)
    if whole == 1:
        return "1 second"
    if whole < 60:
        return f"{whole} seconds"
    minutes = whole // 60
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    hours = int(seconds / 3600 + 0.5)
    if hours == 1:
        return "About an hour"
    for limit, unit, name in ((48, 1, "hours"), (336, 24, "days"), (1440, 168, "weeks"), (17520, 720, "months")):
        if hours < limit:
            return f"{hours // unit} {name}"
    return f"{int(seconds / 3600) // 24 // 365} years"


def ago(then: float, now: float) -> str:
    """How long before `now` (both in seconds since the epoch) something was."""
    return f"{human_duration(now - then)} ago"


def local_time(seconds: float) -> str:
    """A moment as Go prints a local time: `2026-11-24 08:03:20 +0000 UTC`."""
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S %z %Z", time.localtime(seconds))


def ellipsis(text: str, width: int) -> str:
    """`text`, or its beginning and `…` in `width` columns."""
    if width <= 1 or columns_of(text) <= width:
        return text
    end = min(len(text), width - 1)
    while columns_of(text[:end]) > width - 1:
        end -= 1
    return text[:end] + "…"


def short_id(identifier: str) -> str:
    """The first 12 digits of an id, without `sha256:`."""
    return identifier.partition(":")[2][:12] if ":" in identifier else identifier[:12]


def go_time(text: str) -> str:
    """A moment in RFC 3339 with zone Z, as Go prints the time: `2026-11-24 08:03:20.123 +0000 UTC`."""
    date, _, rest = text.removesuffix("Z").partition("T")
    whole, dot, fraction = rest.partition(".")
    fraction = fraction.rstrip("0")
    return f"{date} {whole}{dot if fraction else ''}{fraction} +0000 UTC" if rest else text
