"""Makes the kernel's bridge what the settings say: there, marked, up, with its addresses."""

import re
import secrets
import socket
from collections.abc import Iterable
from contextlib import suppress

from dockyard.errors import SystemFailure
from dockyard.linux.netlink import address, link
from dockyard.linux.netlink.link import Link
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.drivers.bridge.parameters import allow_ipv6
from dockyard.network.drivers.bridge.settings import BridgeSettings, Family
from dockyard.network.host_view import find_link
from dockyard.network.ipam.subnets import broadcast_of

_SCOPE_LINK = 253
_OF_DOCKER = re.compile(r"docker0|br-[0-9a-f]{12}")


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


def bridges_of_docker(links: Iterable[Link]) -> list[str]:
    """Names of the bridges that a dockerd beside us has made, by which it is known; ours carry a mark."""
    return [
        entry.name
        for entry in links
        if entry.kind == "bridge" and _OF_DOCKER.fullmatch(entry.name) and not entry.alias.startswith("dockyard:")
    ]


def remove_bridge(rtnl: NetlinkSocket, name: str) -> None:
    """Delete a link by name; one that is gone is fine."""
    with suppress(OSError):
        found = find_link(rtnl, name)
        if found is not None:
            rtnl.transact(link.delete(found.link_index))


def _mend(rtnl: NetlinkSocket, settings: BridgeSettings, bridge: Link) -> None:
    requests: list[bytes] = []
    if settings.owned and bridge.alias != settings.alias:
        requests.append(link.set_alias(bridge.link_index, settings.alias))
    if settings.owned and bridge.mtu != settings.mtu:
        requests.append(link.set_mtu(bridge.link_index, settings.mtu))
    if not bridge.is_up:
        requests.append(link.set_up(bridge.link_index))
    if settings.ipv6 is not None:
        allow_ipv6(settings.link)  # before an address of that family comes
    for family in settings.families:
        requests += _addresses(rtnl, family, bridge.link_index, owned=settings.owned)
    if requests:
        rtnl.transact(*requests)


def _addresses(rtnl: NetlinkSocket, family: Family, index: int, *, owned: bool) -> list[bytes]:
    """What brings the addresses of one family from what they are to what they should be."""
    code = socket.AF_INET if family.subnet.version == 4 else socket.AF_INET6
    present = {
        (entry.address, entry.prefix_length)
        for entry in (address.parse(message) for message in rtnl.dump(address.get_all(code)))
        if entry.link_index == index and (entry.scope != _SCOPE_LINK or entry.address == family.address)
    }
    wanted = {(family.address, family.subnet.prefixlen)} if family.address else set()
    surplus = present - wanted if owned and wanted - present else set()
    requests = [address.delete(index, *entry) for entry in surplus]
    return requests + [address.add(index, *entry, broadcast_of(*entry)) for entry in wanted - present]
