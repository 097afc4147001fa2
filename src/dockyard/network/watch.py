"""Notices what others do to tables and links of ours, and has it mended."""

import logging
from collections.abc import Callable
from typing import Final

from dockyard.errors import DockyardError
from dockyard.linux.netlink.monitor import Monitor
from dockyard.network.roster import Roster

_log: Final = logging.getLogger(__name__)


class Watch:
    """Watches the host of the thread that starts it, in a thread of its own."""

    def __init__(self, roster: Roster, mend: Callable[[], None]) -> None:
        """`mend` is called from the watching thread, and may raise DockyardError."""
        self._roster = roster
        self._mend = mend
        self._monitor: Monitor | None = None

    def start(self) -> None:
        """Begin; where the kernel doesn't tell of changes, that is said in the log."""
        roster = self._roster
        try:
            self._monitor = Monitor(
                lambda table: any(network.owns_table(table) for network in roster.watched),
                lambda link: any(network.owns_link(link.name) for network in roster.watched),
            )
        except OSError as error:
            _log.warning("changes to the network by others won't be noticed: %s", error)
            return
        self._monitor.start(self._report)

    def close(self) -> None:
        """End, when a mending that is under way is done."""
        if self._monitor is not None:
            self._monitor.close()

    def _report(self) -> None:
        try:
            self._mend()
        except DockyardError as error:
            _log.warning("somebody changed rules or links of ours, and they can't be restored: %s", error)
