"""What a killed daemon left half done, beyond what drivers find for themselves: in sandboxes that live, and links of
networks that are no more.
"""

import logging
from typing import Final

from dockyard.errors import DockyardError
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.drivers.bridge.link import remove_bridge
from dockyard.network.endpoints import Endpoints
from dockyard.network.roster import Roster
from dockyard.network.sandbox.links import settle
from dockyard.network.sandbox.sandboxes import Sandboxes

_log: Final = logging.getLogger(__name__)


def settle_sandboxes(sandboxes: Sandboxes, endpoints: Endpoints) -> None:
    """Finish what was being connected or disconnected in sandboxes that live."""
    for sandbox_id in endpoints.sandboxes():
        own = tuple(one for one in endpoints.of_sandbox(sandbox_id) if one.interface)
        if not own:
            continue
        try:
            with sandboxes.opened(sandbox_id) as sandbox:
                settle(sandbox, own)
        except (OSError, DockyardError) as error:
            _log.warning("network sandbox %s: %s", sandbox_id, error)


def drop_leftovers(roster: Roster) -> None:
    """Remove links that carry the mark of this engine and belong to no network of it."""
    rtnl = NetlinkSocket()
    try:
        for name in roster.leftovers(rtnl):
            _log.warning("removing %s, which belongs to no network any more", name)
            remove_bridge(rtnl, name)
    finally:
        rtnl.close()
