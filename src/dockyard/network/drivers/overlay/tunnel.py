"""Makes the kernel's VXLAN link what it should be: there, a port of the bridge, up; and tells it who is where."""

import errno
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from dockyard.errors import SystemFailure
from dockyard.linux import network_namespace
from dockyard.linux.netlink import link, neighbor, vxlan
from dockyard.linux.netlink.message import Message
from dockyard.linux.netlink.socket import NetlinkError, NetlinkSocket
from dockyard.linux.netlink.vxlan import Vxlan
from dockyard.network.attachment import RemoteEndpoint
from dockyard.network.drivers.overlay.peers import Peers, plan_tunnels

_GONE = (errno.ENOENT, errno.ENODEV)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What the link of one network shall be.

    Attributes:
        name: of the link.
        alias: mark that says which engine and network it belongs to.
        bridge: name of the bridge that it is a port of.
        vxlan: number, address of this host, port.
        mtu: of frames inside, in bytes.
        isolated: containers of the network don't talk to each other.
    """

    name: str
    alias: str
    bridge: str
    vxlan: Vxlan
    mtu: int
    isolated: bool


def ensure_tunnel(rtnl: NetlinkSocket, tunnel: Tunnel, bridge_index: int) -> int:
    """Make or mend the link; a repeat changes nothing. Its index.

    Raises:
        SystemFailure: the kernel refuses, or has no such links.
    """
    try:
        message = _find(rtnl, tunnel.name)
        if message is not None and vxlan.parse(message) != tunnel.vxlan:  # of a daemon with another address
            rtnl.transact(link.delete(link.parse(message).link_index))
            message = None
        if message is None:
            rtnl.transact(vxlan.add_vxlan(tunnel.name, tunnel.vxlan, master=bridge_index, mtu=tunnel.mtu))
            message = rtnl.query(link.get_by_name(tunnel.name))
        found = link.parse(message)
        steps = [link.set_alias(found.link_index, tunnel.alias)] if found.alias != tunnel.alias else []
        if found.master != bridge_index:
            steps.append(link.set_master(found.link_index, bridge_index))
        if found.mtu != tunnel.mtu:
            steps.append(link.set_mtu(found.link_index, tunnel.mtu))
        # Before it is up: nothing may go out that shouldn't.
        steps.append(vxlan.set_port(found.link_index, isolated=tunnel.isolated))
        if not found.is_up:
            steps.append(link.set_up(found.link_index))
        rtnl.transact(*steps)
        return found.link_index
    except OSError as error:
        if isinstance(error, NetlinkError) and error.errno == errno.EOPNOTSUPP:
            raise SystemFailure("the kernel of this host has no vxlan links (CONFIG_VXLAN)") from error
        raise SystemFailure(f"set up the VXLAN link {tunnel.name}: {error}") from error


def set_tunnels(rtnl: NetlinkSocket, link_index: int, peers: Peers) -> None:
    """Bring the forwarding table of the VXLAN link to what `peers` say.

    Raises:
        OSError: the kernel refuses.
    """
    present = [neighbor.parse(one) for one in rtnl.dump(neighbor.get_tunnels(link_index))]
    changes = plan_tunnels([one for one in present if one.link_index == link_index], peers)
    for mac, host in changes.removed:
        _drop(rtnl, neighbor.tunnel_off(link_index, mac, host))
    if changes.added:
        rtnl.transact(*(neighbor.tunnel_to(link_index, mac, host) for mac, host in changes.added))


def set_remote(
    rtnl: NetlinkSocket,
    bridge_index: int,
    link_index: int,
    gone: Sequence[RemoteEndpoint],
    there: Sequence[RemoteEndpoint],
) -> None:
    """Have the bridge know where containers of other hosts are, and answer for them when somebody asks.

    Args:
        rtnl: socket in the host's namespace.
        bridge_index: of the network's bridge.
        link_index: of its VXLAN link.
        gone: containers that aren't on other hosts any more.
        there: those that are.

    Raises:
        OSError: the kernel refuses.
    """
    for one in gone:
        _drop(rtnl, neighbor.forget(bridge_index, one.address))
        _drop(rtnl, neighbor.unplace(link_index, one.mac))
    for one in there:
        rtnl.transact(neighbor.place(link_index, one.mac), neighbor.know(bridge_index, one.address, one.mac))


def ask_nobody(bridge: str) -> None:
    """Have the host never ask who on the bridge has an address; it knows its own containers (`neighbor.know`).

    A question would reach containers on other hosts, and they would take this host for their gateway, which has the
    same address. Docs: Documentation/networking/ip-sysctl, `mcast_solicit`.
    """
    for family in ("ipv4", "ipv6"):
        with suppress(OSError):  # also where there is no IPv6
            network_namespace.write_sysctl(f"{family}/neigh/{bridge}/mcast_solicit", "0")


def _find(rtnl: NetlinkSocket, name: str) -> Message | None:
    try:
        return rtnl.query(link.get_by_name(name))
    except NetlinkError as error:
        if error.errno == errno.ENODEV:
            return None
        raise


def _drop(rtnl: NetlinkSocket, request: bytes) -> None:
    try:
        rtnl.transact(request)
    except NetlinkError as error:
        if error.errno not in _GONE:
            raise
