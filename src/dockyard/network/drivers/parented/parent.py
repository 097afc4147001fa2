"""Makes the kernel's parent what the record says: a link of the host, that of a VLAN, or one that leads nowhere."""

import errno
from contextlib import suppress

from dockyard.errors import SystemFailure
from dockyard.linux.netlink import link, sublink
from dockyard.linux.netlink.link import Link
from dockyard.linux.netlink.socket import NetlinkError, NetlinkSocket
from dockyard.network.drivers.parented.options import parse_vlan
from dockyard.network.host_view import find_link


def check_kernel(rtnl: NetlinkSocket, kind: str) -> None:
    """See that the kernel has links of that kind, "macvlan" or "ipvlan".

    Raises:
        SystemFailure: it hasn't.
    """
    with suppress(OSError):
        try:
            rtnl.transact(sublink.probe(kind))
        except NetlinkError as error:
            if error.errno == errno.EOPNOTSUPP:
                raise SystemFailure(
                    f"the kernel of this host has no {kind} links (CONFIG_{kind.upper()}): "
                    f"networks of the driver {kind} can't be used"
                ) from error


def ensure_parent(rtnl: NetlinkSocket, name: str, alias: str, *, made: bool, nowhere: bool) -> Link:
    """The parent, up.

    Args:
        rtnl: socket in the host's namespace.
        name: of the parent.
        alias: mark for a parent of ours.
        made: whether it is ours to make.
        nowhere: whether it is one that leads nowhere; else, if it is ours, that of a VLAN.

    Raises:
        SystemFailure: it is missing, or the kernel refuses.
    """
    try:
        found = find_link(rtnl, name)
        if found is None:
            if not made:
                raise SystemFailure(f"the requested parent interface {name} was not found on the Docker host")
            _make(rtnl, name, nowhere=nowhere)
            found = link.parse(rtnl.query(link.get_by_name(name)))
        steps = [] if found.is_up else [link.set_up(found.link_index)]
        if made and found.alias != alias:
            steps.append(link.set_alias(found.link_index, alias))
        if steps:
            rtnl.transact(*steps)
        return found
    except OSError as error:
        raise SystemFailure(f"set up the parent link {name}: {error}") from error


def _make(rtnl: NetlinkSocket, name: str, *, nowhere: bool) -> None:
    if not nowhere:
        below, vlan_id = parse_vlan(name)
        parent = find_link(rtnl, below)
        if parent is None:
            raise SystemFailure(f"failed to find master interface {below} on the Docker host")
        rtnl.transact(sublink.add_vlan(name, parent.link_index, vlan_id))
        return
    try:
        rtnl.transact(sublink.add_parent(name, "dummy"))
    except NetlinkError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        rtnl.transact(sublink.add_parent(name, "bridge"))  # a kernel without dummies; a bridge without ports does
