"""Links: bridges, pairs of virtual Ethernet, and what both need (rtnetlink(7), RTM_*LINK).

A pair is made, its far end put into another namespace, its near end given to a bridge and brought up by ONE request,
`add_veth`: the kernel takes all of that as attributes of the creation (net/core/rtnetlink.c, rtnl_newlink).
"""

import sys
from struct import Struct
from typing import Final, NamedTuple

from dockyard.linux.netlink.message import (
    NLM_F_CREATE,
    NLM_F_EXCL,
    Message,
    attribute,
    attributes,
    nested,
    request,
    string,
    text,
    u8,
    u32,
)

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_SETLINK: Final = 19

IFF_UP: Final = 0x1

# include/uapi/linux/if_link.h
_ADDRESS: Final = 1
_NAME: Final = 3
_MTU: Final = 4
_MASTER: Final = 10
_OPERATIONAL_STATE: Final = 16
_OPERATIONALLY_UP: Final = 6
_LINKINFO: Final = 18
_ALIAS: Final = 20
_NET_NS_FD: Final = 28
_EXT_MASK: Final = 29
_INFO_KIND: Final = 1
_INFO_DATA: Final = 2
_INFO_SLAVE_KIND: Final = 4
_INFO_SLAVE_DATA: Final = 5
_VETH_PEER: Final = 1
_BRIDGE_PORT_MODE: Final = 4
_BRIDGE_PORT_ISOLATED: Final = 33
_BRIDGE_STP_STATE: Final = 5
_SKIP_STATISTICS: Final = 1 << 3

_HEADER: Final = Struct("=BxHiII")

MAX_NAME_BYTES: Final = 15
"""IFNAMSIZ without its NUL."""


class Link(NamedTuple):
    """What the kernel tells of a link; `master` is a link index or 0, `kind` is "bridge", "veth", … or ""."""

    link_index: int
    name: str
    flags: int
    mtu: int
    mac: str
    master: int
    kind: str
    alias: str
    operational_state: int = 0

    @property
    def is_operational(self) -> bool:
        """Whether packets pass: it is up, and so is the other side (RFC 2863, ifOperStatus)."""
        return self.operational_state == _OPERATIONALLY_UP

    @property
    def is_up(self) -> bool:
        """Whether somebody brought it up."""
        return bool(self.flags & IFF_UP)


def add_bridge(name: str, mac: str, mtu: int) -> bytes:
    """A bridge, up, with a MAC of its own: otherwise the bridge's changes with its ports, and neighbours lose it."""
    return request(
        RTM_NEWLINK,
        NLM_F_CREATE | NLM_F_EXCL,
        header(0, IFF_UP, IFF_UP),
        text(_NAME, name),
        attribute(_ADDRESS, mac_bytes(mac)),
        u32(_MTU, mtu),
        nested(_LINKINFO, text(_INFO_KIND, "bridge"), nested(_INFO_DATA, u32(_BRIDGE_STP_STATE, 0))),
    )


def add_veth(name: str, *, master: int, mtu: int, peer_name: str, peer_mac: str, peer_namespace: int) -> bytes:
    """A pair: `name` here, up and a port of the bridge `master`; `peer_name`, still down, in the other namespace.

    Args:
        name: of the near end, at most 15 bytes.
        master: index of the bridge, 0 for none.
        mtu: of both ends, in bytes.
        peer_name: of the far end in its namespace.
        peer_mac: of the far end, "02:42:ac:11:00:02".
        peer_namespace: descriptor of the namespace for the far end.
    """
    peer = (
        header(0, 0, 0)
        + text(_NAME, peer_name)
        + attribute(_ADDRESS, mac_bytes(peer_mac))
        + u32(_MTU, mtu)
        + u32(_NET_NS_FD, peer_namespace)
    )
    data = nested(_INFO_DATA, attribute(_VETH_PEER, peer))
    parts = [text(_NAME, name), u32(_MTU, mtu), nested(_LINKINFO, text(_INFO_KIND, "veth"), data)]
    if master:
        parts.append(u32(_MASTER, master))
    return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header(0, IFF_UP, IFF_UP), *parts)


def set_port(index: int, *, hairpin: bool, isolated: bool) -> bytes:
    """What a port of a bridge may do.

    Args:
        index: of the port.
        hairpin: the bridge may send a frame back through the port that it came from.
        isolated: frames don't pass between this port and other isolated ones.
    """
    mode = nested(_INFO_SLAVE_DATA, u8(_BRIDGE_PORT_MODE, hairpin), u8(_BRIDGE_PORT_ISOLATED, isolated))
    return request(RTM_NEWLINK, 0, header(index, 0, 0), nested(_LINKINFO, text(_INFO_SLAVE_KIND, "bridge"), mode))


def set_up(index: int) -> bytes:
    """Bring a link up."""
    return request(RTM_NEWLINK, 0, header(index, IFF_UP, IFF_UP))


def set_master(index: int, master: int) -> bytes:
    """Make a link a port of the bridge `master`; 0 takes it out."""
    return request(RTM_SETLINK, 0, header(index, 0, 0), u32(_MASTER, master))


def rename(index: int, name: str) -> bytes:
    """Another name for a link, which must be down."""
    return request(RTM_SETLINK, 0, header(index, 0, 0), text(_NAME, name))


def set_mtu(index: int, mtu: int) -> bytes:
    """Largest packet of a link, in bytes."""
    return request(RTM_SETLINK, 0, header(index, 0, 0), u32(_MTU, mtu))


def set_alias(index: int, alias: str) -> bytes:
    """The free text that `ip link` shows beside a link."""
    return request(RTM_SETLINK, 0, header(index, 0, 0), text(_ALIAS, alias))


def delete(index: int) -> bytes:
    """Remove a link, of a pair both ends. Slow in the kernel: 15 to 40 ms."""
    return request(RTM_DELLINK, 0, header(index, 0, 0))


def get_by_name(name: str) -> bytes:
    """Ask for one link; ENODEV when there is none of that name."""
    return request(RTM_GETLINK, 0, header(0, 0, 0), text(_NAME, name), u32(_EXT_MASK, _SKIP_STATISTICS))


def get(index: int) -> bytes:
    """Ask for one link; ENODEV when there is none of that index."""
    return request(RTM_GETLINK, 0, header(index, 0, 0), u32(_EXT_MASK, _SKIP_STATISTICS))


def get_all() -> bytes:
    """Ask for all links of the namespace."""
    return request(RTM_GETLINK, 0, header(0, 0, 0), u32(_EXT_MASK, _SKIP_STATISTICS))


def parse(message: Message) -> Link:
    """The link in an RTM_NEWLINK or RTM_DELLINK.

    Raises:
        ValueError, struct.error: not such a message.
    """
    _, _, index, flags, _ = _HEADER.unpack_from(message.body)
    found = attributes(message.body, _HEADER.size)
    info = attributes(found.get(_LINKINFO, b""))
    return Link(
        link_index=index,
        name=string(found.get(_NAME, b"")),
        flags=flags,
        mtu=int.from_bytes(found.get(_MTU, b""), sys.byteorder),
        mac=found.get(_ADDRESS, b"").hex(":"),
        master=int.from_bytes(found.get(_MASTER, b""), sys.byteorder),
        kind=string(info.get(_INFO_KIND, b"")),
        alias=string(found.get(_ALIAS, b"")),
        operational_state=found.get(_OPERATIONAL_STATE, b"\0")[0],
    )


def mac_bytes(mac: str) -> bytes:
    """Six bytes of "02:42:ac:11:00:02".

    Raises:
        ValueError: not six bytes in hexadecimal.
    """
    value = bytes.fromhex(mac.replace(":", ""))
    if len(value) != 6:
        raise ValueError(f"invalid MAC address: {mac}")
    return value


def header(index: int, flags: int, change: int) -> bytes:
    """`struct ifinfomsg`: family AF_UNSPEC, type 0, index, flags and the mask of those that are meant."""
    return _HEADER.pack(0, 0, index, flags, change)
