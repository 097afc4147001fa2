"""A pair of links: `eth0` in the sandbox, the other end a port of the bridge. Four requests, about 0.8 ms.

1. on the host: make the pair, move one end into the sandbox, make the other a port of the bridge, bring it up;
2. on the host: tell the bridge the MAC address, set what the port may do;
3. in the sandbox: addresses, up;
4. on the host: see that the bridge has noticed, and the host that the bridge is up;
5. where neighbours may know the addresses otherwise: tell them.
"""

import secrets
import socket
import time
from contextlib import suppress
from typing import Final

from dockyard.errors import SystemFailure
from dockyard.linux.netlink import link, neighbor
from dockyard.linux.netlink.link import Link
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.attachment import Attachment
from dockyard.network.drivers.bridge.settings import BridgeSettings
from dockyard.network.sandbox.announce import announce
from dockyard.network.sandbox.interface import configure
from dockyard.network.sandbox.sandboxes import Sandbox

HOST_PREFIX: Final = "veth"
_RANDOM_BYTES: Final = 4
_OPERATIONAL_ATTEMPTS: Final = 40
_OPERATIONAL_POLL_SECONDS: Final = 0.0005


def new_host_interface() -> str:
    """A name for the host's end that no link has: "veth" and seven hexadecimal digits, as Docker's are."""
    while True:
        name = HOST_PREFIX + secrets.token_hex(_RANDOM_BYTES)[:7]
        try:
            socket.if_nametoindex(name)
        except OSError:
            return name


def is_host_interface(name: str) -> bool:
    """Whether a link is named as `new_host_interface` names them."""
    digits = name.removeprefix(HOST_PREFIX)
    return name.startswith(HOST_PREFIX) and len(digits) == 7 and all(digit in "0123456789abcdef" for digit in digits)


def plug(
    rtnl: NetlinkSocket, bridge_index: int, settings: BridgeSettings, sandbox: Sandbox, attachment: Attachment
) -> None:
    """Make the pair that `attachment` describes.

    Args:
        rtnl: socket in the host's namespace.
        bridge_index: link index of the bridge.
        settings: of the network.
        sandbox: open.
        attachment: names and addresses.

    Raises:
        SystemFailure: the kernel refuses; nothing is left behind.
    """
    name = attachment.host_interface
    try:
        rtnl.transact(
            link.add_veth(
                name,
                master=bridge_index,
                mtu=settings.mtu,
                peer_name=attachment.interface,
                peer_mac=attachment.mac,
                peer_namespace=sandbox.namespace,
            )
        )
        try:
            configure_port(rtnl, settings, attachment)
            configure(sandbox, attachment)
            _wait_until_operational(rtnl, socket.if_nametoindex(name), bridge_index)
            announce(sandbox, attachment)
        except BaseException:
            unplug(rtnl, name)
            raise
    except OSError as error:
        raise SystemFailure(f"failed to add interface {name} to sandbox: {error}") from error


def configure_port(rtnl: NetlinkSocket, settings: BridgeSettings, attachment: Attachment) -> None:
    """Set what the port of an endpoint may do, and tell the bridge who is behind it. Repeatable.

    Raises:
        OSError: the link is gone, or the kernel refuses.
    """
    index = socket.if_nametoindex(attachment.host_interface)
    rtnl.transact(
        neighbor.place(index, attachment.mac),
        # Isolated: icc=false also holds where the bridge doesn't show packets to the firewall.
        link.set_port(index, hairpin=_bridge_calls_firewall(), isolated=not settings.icc),
    )


def _wait_until_operational(rtnl: NetlinkSocket, *indices: int) -> None:
    """Return when packets pass the links, in this order; after a moment in any case.

    A deferred work of the kernel (link watch) tells the bridge that the other end of a port is up, and after that the
    host that the bridge is, if this is its first port. What is sent before is lost, and the first connection takes a
    second longer. To ask for a link makes a kernel from 6.8 on do that work at once (rtnl_getlink,
    linkwatch_sync_dev); an older one needs a moment.
    """
    for index in indices:
        for _ in range(_OPERATIONAL_ATTEMPTS):
            if link.parse(rtnl.query(link.get(index))).is_operational:
                break
            time.sleep(_OPERATIONAL_POLL_SECONDS)


def _bridge_calls_firewall() -> bool:
    """Whether br_netfilter shows bridged packets to the firewall.

    Then a container's packet to its own published port is turned round inside the bridge, which must be allowed to
    send it back through the port that it came from (hairpin). Otherwise it goes through the host's IP layer, and is
    not a bridge's matter; hairpin would only echo a container's own broadcasts.
    """
    try:
        with open("/proc/sys/net/bridge/bridge-nf-call-iptables", "rb") as file:
            return file.read(1) == b"1"
    except OSError:
        return False


def replug(
    rtnl: NetlinkSocket, bridge_index: int, settings: BridgeSettings, port: Link, attachment: Attachment
) -> None:
    """Make an endpoint from before this daemon started a port of the bridge again; a repeat changes nothing.

    Raises:
        OSError: the kernel refuses.
    """
    if port.master != bridge_index:
        rtnl.transact(link.set_master(port.link_index, bridge_index))
    if not port.is_up:
        rtnl.transact(link.set_up(port.link_index))
    configure_port(rtnl, settings, attachment)


def unplug(rtnl: NetlinkSocket, name: str) -> None:
    """Delete a pair by the name of the host's end; one that is gone is fine. Takes 15 to 40 ms in the kernel."""
    with suppress(OSError):
        rtnl.transact(link.delete(socket.if_nametoindex(name)))
