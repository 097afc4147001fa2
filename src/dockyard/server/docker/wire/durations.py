"""Durations as Docker writes them for people. (Times are `dockyard.engine.timestamps.rfc3339`.)"""

SECOND_NS = 1_000_000_000


def human_duration(duration_ns: int) -> str:
    """A duration as `docker ps` shows it: "Less than a second", "4 seconds", "About an hour", "3 weeks"."""
    seconds = duration_ns // SECOND_NS
    minutes = seconds // 60
    hours = int(duration_ns / SECOND_NS / 3600 + 0.5)
    for limit_reached, text in (
        (seconds < 1, "Less than a second"),
        (seconds == 1, "1 second"),
        (seconds < 60, f"{seconds} seconds"),
        (minutes == 1, "About a minute"),
        (minutes < 60, f"{minutes} minutes"),
        (hours == 1, "About an hour"),
        (hours < 48, f"{hours} hours"),
        (hours < 24 * 7 * 2, f"{hours // 24} days"),
        (hours < 24 * 30 * 2, f"{hours // 24 // 7} weeks"),
        (hours < 24 * 365 * 2, f"{hours // 24 // 30} months"),
    ):
        if limit_reached:
            return text
    return f"{hours // 24 // 365} years"
