"""Makes the kernel's bridge what the settings say: there, marked, up, with its address."""

import secrets
from errno import ENODEV
from ipaddress import IPv4Interface, IPv4Network

from dockyard.errors import SystemFailure
from dockyard.linux.netlink import address, link, route
from dockyard.linux.netlink.link import Link
from dockyard.linux.netlink.socket import NetlinkError, NetlinkSocket
from dockyard.network.drivers.bridge.choose import HostView
from dockyard.network.drivers.bridge.settings import BridgeSettings


def view_host(rtnl: NetlinkSocket) -> HostView:
    """Links, IPv4 addresses and routes of the namespace of the socket.

    Raises:
        SystemFailure: the kernel refuses.
    """
    try:
        links = [link.parse(message) for message in rtnl.dump(link.get_all())]
        addresses = [address.parse(message) for message in rtnl.dump(address.get_all(family=2))]
        routes = [route.parse(message) for message in rtnl.dump(route.get_all())]
    except OSError as error:
        raise SystemFailure(f"read the host's links and routes: {error}") from error
    return HostView(
        links=links,
        addresses=[(entry.link_index, IPv4Interface(f"{entry.address}/{entry.prefix_length}")) for entry in addresses],
        routes=[
            (entry.link_index, IPv4Network(f"{entry.destination}/{entry.prefix_length}"))
            for entry in routes
            if entry.table == route.RT_TABLE_MAIN
        ],
    )


def find_link(rtnl: NetlinkSocket, name: str) -> Link | None:
    """The link of that name, None if there is none.

    Raises:
        NetlinkError: refused otherwise.
    """
    try:
        return link.parse(rtnl.query(link.get_by_name(name)))
    except NetlinkError as error:
        if error.errno == ENODEV:
            return None
        raise


def ensure_bridge(rtnl: NetlinkSocket, settings: BridgeSettings) -> Link:
    """Make or mend the bridge; a repeat changes nothing.

    Raises:
        SystemFailure: the kernel refuses.
    """
    try:
        bridge = find_link(rtnl, settings.link)
        if bridge is None:
            mac = "02:42:" + secrets.token_bytes(4).hex(":")
            rtnl.transact(link.add_bridge(settings.link, mac, settings.mtu))
            bridge = link.parse(rtnl.query(link.get_by_name(settings.link)))
        _mend(rtnl, settings, bridge)
        return bridge
    except OSError as error:
        raise SystemFailure(f"set up bridge {settings.link}: {error}") from error


def _mend(rtnl: NetlinkSocket, settings: BridgeSettings, bridge: Link) -> None:
    requests: list[bytes] = []
    if settings.owned and bridge.alias != settings.alias:
        requests.append(link.set_alias(bridge.link_index, settings.alias))
    if settings.owned and bridge.mtu != settings.mtu:
        requests.append(link.set_mtu(bridge.link_index, settings.mtu))
    if not bridge.is_up:
        requests.append(link.set_up(bridge.link_index))
    present = {
        (entry.address, entry.prefix_length)
        for entry in (address.parse(message) for message in rtnl.dump(address.get_all(family=2)))
        if entry.link_index == bridge.link_index
    }
    wanted = (str(settings.address.ip), settings.address.network.prefixlen)
    if wanted not in present:
        if settings.owned:
            requests += [address.delete(bridge.link_index, *other) for other in present]
        requests.append(address.add(bridge.link_index, *wanted, str(settings.subnet.broadcast_address)))
    if requests:
        rtnl.transact(*requests)
