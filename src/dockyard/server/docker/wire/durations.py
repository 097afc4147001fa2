"""Durations as Docker writes them for people. (Times are `dockyard.engine.timestamps.rfc3339`.)"""

SECOND_NS = 1_000_000_000


def human_duration(duration_ns: int) -> str:
    """A duration as `docker ps` shows it: "Less than a second", "4 seconds", "About an hour", "3 weeks"."""
    seconds = duration_ns // SECOND_NS
    if seconds < 60:
        return "Less than a second" if seconds < 1 else "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = seconds // 60
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    hours = int(duration_ns / SECOND_NS / 3600 + 0.5)
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    days = hours // 24
    for limit_hours, count, unit in (
        (24 * 7 * 2, days, "days"),
        (24 * 30 * 2, days // 7, "weeks"),
        (24 * 365 * 2, days // 30, "months"),
    ):
        if hours < limit_hours:
            return f"{count} {unit}"
    return f"{days // 365} years"
