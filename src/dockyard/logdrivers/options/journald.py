"""Options of the journald driver: those that all drivers have.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/journald/journald.go
"""

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.contract import COMMON_OPTIONS, Options


def check(options: Options) -> None:
    """Raises InvalidParameter as Docker's validateLogOpt."""
    for key in options:
        if key not in COMMON_OPTIONS:
            raise InvalidParameter(f"unknown log opt '{key}' for journald log driver")
