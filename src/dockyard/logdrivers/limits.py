"""How many entries of a driver may wait before new ones are dropped, where a driver has an option for that."""

from dockyard.logdrivers.contract import Options
from dockyard.logdrivers.options import fluentd


def waiting_entries(driver: str, options: Options) -> int | None:
    """The limit; None for a driver that drops nothing, but lets the container wait."""
    if driver != "fluentd":
        return None
    chosen = fluentd.settings(options)
    return chosen.buffer_entries if chosen.asynchronous else None
