"""Links that carry frames to other hosts in UDP datagrams: VXLAN (RFC 7348; rtnetlink(7), RTM_NEWLINK).

Which host a frame goes to stands in the link's forwarding table, see `neighbor.tunnel_to`.

include/uapi/linux/if_link.h
"""

import socket
import sys
from struct import pack
from typing import Final, NamedTuple

from dockyard.linux.netlink.link import RTM_NEWLINK, header
from dockyard.linux.netlink.message import (
    NLM_F_CREATE,
    NLM_F_EXCL,
    Message,
    attribute,
    attributes,
    nested,
    request,
    text,
    u8,
    u32,
)

PORT: Final = 4789
"""IANA's, and Docker's."""

LARGEST_VNI: Final = (1 << 24) - 1

_NAME: Final = 3
_MTU: Final = 4
_MASTER: Final = 10
_LINKINFO: Final = 18
_INFO_KIND: Final = 1
_INFO_DATA: Final = 2
_INFO_SLAVE_KIND: Final = 4
_INFO_SLAVE_DATA: Final = 5
_ID: Final = 1
_LOCAL: Final = 4
_LEARNING: Final = 7
_DESTINATION_PORT: Final = 15
_LOCAL6: Final = 17
_UDP_CHECKSUM_IPV6: Final = 19
_BRIDGE_PORT_NEIGHBOR_SUPPRESSION: Final = 32
_BRIDGE_PORT_ISOLATED: Final = 33
_HEADER_BYTES: Final = 16


class Vxlan(NamedTuple):
    """What makes a link the one that was wanted; `local` is "" where it takes the address of whatever route."""

    vni: int
    local: str
    port: int


def add_vxlan(name: str, wanted: Vxlan, *, master: int, mtu: int) -> bytes:
    """A link of that network identifier, a port of the bridge `master`; still down. It learns who is where.

    Args:
        name: at most 15 bytes.
        wanted: its number, the address of this host that datagrams come from, and their port.
        master: index of a bridge.
        mtu: in bytes, without what VXLAN adds.
    """
    local = wanted.local
    source = attribute(_LOCAL6 if ":" in local else _LOCAL, _address(local))
    data = nested(
        _INFO_DATA,
        u32(_ID, wanted.vni),
        source,
        u8(_LEARNING, 1),
        attribute(_DESTINATION_PORT, pack("!H", wanted.port)),
        u8(_UDP_CHECKSUM_IPV6, 1),
    )
    info = nested(_LINKINFO, text(_INFO_KIND, "vxlan"), data)
    parts = (text(_NAME, name), u32(_MTU, mtu), u32(_MASTER, master), info)
    return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header(0, 0, 0), *parts)


def set_port(index: int, *, isolated: bool) -> bytes:
    """What the link may do as a port of a bridge.

    Questions for an address that the host itself has, or knows the owner of, don't go out by it (neigh_suppress): so
    several hosts can be the same gateway, each to its own.

    Args:
        index: of the link.
        isolated: frames don't pass between it and other isolated ports.
    """
    mode = nested(_INFO_SLAVE_DATA, u8(_BRIDGE_PORT_NEIGHBOR_SUPPRESSION, value=1), u8(_BRIDGE_PORT_ISOLATED, isolated))
    return request(RTM_NEWLINK, 0, header(index, 0, 0), nested(_LINKINFO, text(_INFO_SLAVE_KIND, "bridge"), mode))


def parse(message: Message) -> Vxlan | None:
    """What a link is in an RTM_NEWLINK; None for one of another kind."""
    info = attributes(attributes(message.body, _HEADER_BYTES).get(_LINKINFO, b""))
    if info.get(_INFO_KIND, b"").rstrip(b"\0") != b"vxlan":
        return None
    data = attributes(info.get(_INFO_DATA, b""))
    local = ""
    if _LOCAL in data and any(data[_LOCAL]):
        local = socket.inet_ntop(socket.AF_INET, data[_LOCAL])
    elif _LOCAL6 in data:
        local = socket.inet_ntop(socket.AF_INET6, data[_LOCAL6])
    return Vxlan(
        int.from_bytes(data.get(_ID, b""), sys.byteorder),
        local,
        int.from_bytes(data.get(_DESTINATION_PORT, b""), "big"),
    )


def _address(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
