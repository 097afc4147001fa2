"""Who is where: forwarding tables of bridges and VXLAN links, and hardware addresses of neighbours (RTM_*NEIGH).

    place                   bridge      MAC address ► port
    tunnel_to, tunnel_off   VXLAN link  MAC address ► other host; the MAC address NOBODY: frames that are for everybody
    know, forget            any link    IP address  ► MAC address, so that nobody is asked

rtnetlink(7), include/uapi/linux/neighbour.h
"""

import socket
from struct import Struct
from typing import Final, NamedTuple

from dockyard.linux.netlink.link import mac_bytes
from dockyard.linux.netlink.message import (
    NLM_F_APPEND,
    NLM_F_CREATE,
    NLM_F_REPLACE,
    Message,
    attribute,
    attributes,
    request,
)

RTM_NEWNEIGH: Final = 28
RTM_DELNEIGH: Final = 29
RTM_GETNEIGH: Final = 30

NOBODY: Final = "00:00:00:00:00:00"

_AF_BRIDGE: Final = 7
_NTF_SELF: Final = 0x02
_NTF_MASTER: Final = 0x04
_NTF_STICKY: Final = 0x40
_NUD_NOARP: Final = 0x40
_NUD_PERMANENT: Final = 0x80
_NDA_DST: Final = 1
_NDA_LLADDR: Final = 2

_HEADER: Final = Struct("=BxxxiHBB")


class Neighbor(NamedTuple):
    """An entry of a table; `address` is of a neighbour or of another host, "" in a bridge's."""

    link_index: int
    address: str
    mac: str
    permanent: bool


def place(port_index: int, mac: str) -> bytes:
    """Tell the bridge that `mac` is behind the port, whatever it may hear; takes the place of what it had learned.

    A container that gets the address of one just gone has its MAC too: without this, packets go to the dead port until
    the new container has sent something, and again when the last packets of the old one come in.
    """
    body = _HEADER.pack(_AF_BRIDGE, port_index, _NUD_NOARP, _NTF_MASTER | _NTF_STICKY, 0)
    return request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body, attribute(_NDA_LLADDR, mac_bytes(mac)))


def unplace(port_index: int, mac: str) -> bytes:
    """Take back `place`; ENOENT when there is nothing to take back."""
    body = _HEADER.pack(_AF_BRIDGE, port_index, 0, _NTF_MASTER, 0)
    return request(RTM_DELNEIGH, 0, body, attribute(_NDA_LLADDR, mac_bytes(mac)))


def tunnel_to(link_index: int, mac: str, host: str) -> bytes:
    """Have a VXLAN link send frames for `mac` to another host. One of NOBODY is added to those there are (EEXIST)."""
    flags = NLM_F_CREATE | (NLM_F_APPEND if mac == NOBODY else NLM_F_REPLACE)
    return request(RTM_NEWNEIGH, flags, _tunnel(link_index), *_to(mac, host))


def tunnel_off(link_index: int, mac: str, host: str) -> bytes:
    """Take back `tunnel_to`; ENOENT when there is nothing to take back."""
    return request(RTM_DELNEIGH, 0, _tunnel(link_index), *_to(mac, host))


def get_tunnels(link_index: int) -> bytes:
    """Ask for the forwarding table of a VXLAN link."""
    return request(RTM_GETNEIGH, 0, _HEADER.pack(_AF_BRIDGE, link_index, 0, 0, 0))


def know(link_index: int, address: str, mac: str) -> bytes:
    """Have the host know the hardware address of a neighbour for good; takes the place of what it had learned."""
    body = _HEADER.pack(_family(address), link_index, _NUD_PERMANENT, 0, 0)
    return request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body, *_to(mac, address))


def forget(link_index: int, address: str) -> bytes:
    """Take back `know`; ENOENT when there is nothing to take back."""
    body = _HEADER.pack(_family(address), link_index, 0, 0, 0)
    return request(RTM_DELNEIGH, 0, body, attribute(_NDA_DST, _packed(address)))


def parse(message: Message) -> Neighbor:
    """The entry in an RTM_NEWNEIGH.

    Raises:
        ValueError, struct.error: not such a message.
    """
    _, index, state, _, _ = _HEADER.unpack_from(message.body)
    found = attributes(message.body, _HEADER.size)
    packed = found.get(_NDA_DST, b"")
    family = {4: socket.AF_INET, 16: socket.AF_INET6}.get(len(packed))
    address = socket.inet_ntop(family, packed) if family is not None else ""
    return Neighbor(index, address, found.get(_NDA_LLADDR, b"").hex(":"), bool(state & (_NUD_PERMANENT | _NUD_NOARP)))


def _tunnel(link_index: int) -> bytes:
    return _HEADER.pack(_AF_BRIDGE, link_index, _NUD_PERMANENT, _NTF_SELF, 0)


def _to(mac: str, address: str) -> tuple[bytes, bytes]:
    return attribute(_NDA_DST, _packed(address)), attribute(_NDA_LLADDR, mac_bytes(mac))


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _packed(address: str) -> bytes:
    return socket.inet_pton(_family(address), address)
