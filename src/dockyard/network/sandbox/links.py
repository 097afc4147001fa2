"""Links inside a sandbox, seen and removed from outside of it."""

import socket
from contextlib import suppress

from dockyard.linux.netlink import link, route
from dockyard.network.attachment import Attachment
from dockyard.network.sandbox.routes import VERSIONS, set_routes, ways_out
from dockyard.network.sandbox.sandboxes import Sandbox

MARK = "dockyard:"
"""How the mark of a link begins that has no end on the host."""
UNFINISHED = "dk-"
"""How its name begins until it is finished."""

_KINDS_WITHOUT_PEER = ("macvlan", "ipvlan")
_KINDS_OF_OURS = ("veth", *_KINDS_WITHOUT_PEER)
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def remove_link(sandbox: Sandbox, name: str) -> None:
    """Delete a link of the sandbox, and with it the other end of a pair; one that is gone is fine. Takes 15 to 40 ms.

    What is at once: the container sees it no longer when this returns.
    """
    with suppress(OSError):
        index = link.parse(sandbox.route.query(link.get_by_name(name))).link_index
        sandbox.route.transact(link.delete(index))


def settle(sandbox: Sandbox, endpoints: tuple[Attachment, ...]) -> None:
    """Make a sandbox that an earlier daemon left what `endpoints` say: no links of endpoints that were being made or
    taken away when it was killed, and default routes through those that are there.

    Links without an end on the host can be found here only; they carry a mark. A default
    route that the container has set itself, through a link of its own, stays.

    Raises:
        OSError: the kernel refuses.
    """
    known = {endpoint.interface for endpoint in endpoints}
    ours: dict[int, bool] = {}
    for entry in map(link.parse, sandbox.route.dump(link.get_all())):
        if entry.kind in _KINDS_OF_OURS:
            ours[entry.link_index] = entry.name in known
            ours_alone = entry.alias.startswith(MARK) or entry.name.startswith(UNFINISHED)
            if entry.kind in _KINDS_WITHOUT_PEER and ours_alone and entry.name not in known:
                remove_link(sandbox, entry.name)
    good: set[int] = set()
    for version in VERSIONS:
        for found in map(route.parse, sandbox.route.dump(route.get_all(_FAMILIES[version]))):
            if found.prefix_length == 0 and found.table == route.RT_TABLE_MAIN and ours.get(found.link_index, True):
                good.add(version)
    wanted = {version: endpoint for version, endpoint in ways_out(endpoints).items() if version not in good}
    set_routes(sandbox, {}, wanted)
