"""Tells the neighbours of a new link which hardware address its addresses have: one frame for each address.

Where an address has been somebody else's, neighbours would go on sending to the old hardware address until they ask
anew, for half a minute. A bridge's endpoint whose hardware address is made of its IPv4 address needs no such word.

RFC 5227, 3 (ARP announcement); RFC 4861, 4.4 and 7.2.6 (unsolicited neighbour advertisement)
"""

import socket
from functools import partial
from ipaddress import IPv6Address
from struct import pack
from typing import Final

from dockyard.linux.netlink.link import mac_bytes
from dockyard.network.attachment import Attachment
from dockyard.network.ipam.mac import mac_of
from dockyard.network.sandbox.sandboxes import Sandbox

_BROADCAST: Final = b"\xff" * 6
_ARP: Final = 0x0806
_IPV6: Final = 0x86DD
_ALL_NODES: Final = IPv6Address("ff02::1").packed
_ALL_NODES_MAC: Final = bytes.fromhex("333300000001")
_ICMPV6: Final = 58
_OVERRIDE: Final = 0x20000000


def announce(sandbox: Sandbox, endpoint: Attachment) -> None:
    """Send the frames from inside of the sandbox, where neighbours may know otherwise. Its link is up.

    Raises:
        OSError: the kernel refuses.
    """
    frames = []
    if endpoint.ipv4 and endpoint.mac != mac_of(endpoint.ipv4):
        frames.append(arp_announcement(endpoint.mac, endpoint.ipv4))
    if endpoint.ipv6:
        frames.append(neighbour_advertisement(endpoint.mac, endpoint.ipv6))
    if endpoint.mac and frames:
        sandbox.run(partial(_send, endpoint.interface, frames))


def arp_announcement(mac: str, ipv4: str) -> bytes:
    """An Ethernet frame: who asks for its own address tells everybody its own."""
    own, address = mac_bytes(mac), socket.inet_aton(ipv4)
    arp = pack("!HHBBH", 1, 0x0800, 6, 4, 1) + own + address + bytes(6) + address
    return _BROADCAST + own + pack("!H", _ARP) + arp


def neighbour_advertisement(mac: str, ipv6: str) -> bytes:
    """An Ethernet frame to all nodes: this address is here now, whatever you have heard."""
    own, address = mac_bytes(mac), socket.inet_pton(socket.AF_INET6, ipv6)
    option = pack("!BB", 2, 1) + own
    message = pack("!BBHI", 136, 0, 0, _OVERRIDE) + address + option
    pseudo_header = address + _ALL_NODES + pack("!IHBB", len(message), 0, 0, _ICMPV6)
    message = message[:2] + pack("!H", _checksum(pseudo_header + message)) + message[4:]
    header = pack("!IHBB", 6 << 28, len(message), _ICMPV6, 255) + address + _ALL_NODES
    return _ALL_NODES_MAC + own + pack("!H", _IPV6) + header + message


def _checksum(data: bytes) -> int:
    """RFC 1071, of an even number of bytes."""
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _send(interface: str, frames: list[bytes]) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface, 0))
        for frame in frames:
            raw.send(frame)
