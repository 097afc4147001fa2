"""What the host has already: links, addresses, routes. New networks step around it."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from errno import ENODEV
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_interface, ip_network

from dockyard.errors import SystemFailure
from dockyard.linux.netlink import address, link, route
from dockyard.linux.netlink.link import Link
from dockyard.linux.netlink.socket import NetlinkError, NetlinkSocket
from dockyard.network.ipam.pools import Use

FAMILIES = (socket.AF_INET, socket.AF_INET6)


@dataclass(frozen=True, slots=True)
class HostView:
    """Links; addresses, and destinations of routes of the main table, each with the index of its link."""

    links: Sequence[Link]
    addresses: Sequence[tuple[int, IPv4Interface | IPv6Interface]]
    routes: Sequence[tuple[int, IPv4Network | IPv6Network]]

    def uses(self, *, without: int = -1) -> list[Use]:
        """The networks that are the host's, but for those of the link with the index `without`."""
        names = {entry.link_index: entry.name for entry in self.links}
        found = [
            Use(network, f"the route {network} of {names.get(index, 'the host')}")
            for index, network in self.routes
            if index != without
        ]
        return found + [
            Use(entry.network, f"the address {entry} of {names.get(index, 'the host')}")
            for index, entry in self.addresses
            if index != without
        ]


def view_host(rtnl: NetlinkSocket) -> HostView:
    """Links, addresses and routes of the namespace of the socket; link-local ones are everybody's and left out.

    Raises:
        SystemFailure: the kernel refuses.
    """
    try:
        links = [link.parse(message) for message in rtnl.dump(link.get_all())]
        addresses = [address.parse(message) for message in rtnl.dump(address.get_all())]
        routes = [route.parse(message) for family in FAMILIES for message in rtnl.dump(route.get_all(family))]
    except OSError as error:
        raise SystemFailure(f"read the host's links and routes: {error}") from error
    interfaces = [
        (entry.link_index, ip_interface(f"{entry.address}/{entry.prefix_length}"))
        for entry in addresses
        if "." in entry.address or ":" in entry.address
    ]
    networks = [
        (entry.link_index, ip_network(f"{entry.destination}/{entry.prefix_length}"))
        for entry in routes
        if entry.table == route.RT_TABLE_MAIN
    ]
    return HostView(
        links=links,
        addresses=[(index, entry) for index, entry in interfaces if not _is_everywhere(entry.network)],
        routes=[(index, network) for index, network in networks if not _is_everywhere(network)],
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


def _is_everywhere(network: IPv4Network | IPv6Network) -> bool:
    return network.version == 6 and (network.is_link_local or network.is_multicast or network.is_loopback)
