"""Links on top of another one: macvlan, ipvlan, vlan; and those that stand in for a parent (rtnetlink(7), RTM_NEWLINK).

A macvlan or ipvlan link is made straight inside another namespace: its parent is found in that of the socket.

include/uapi/linux/if_link.h
"""

from struct import pack
from typing import Final

from dockyard.linux.netlink.link import IFF_UP, RTM_NEWLINK, header, mac_bytes
from dockyard.linux.netlink.message import (
    NLM_F_CREATE,
    NLM_F_EXCL,
    attribute,
    nested,
    request,
    text,
    u32,
)

MACVLAN_MODES: Final = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}
IPVLAN_MODES: Final = {"l2": 0, "l3": 1, "l3s": 2}
IPVLAN_FLAGS: Final = {"bridge": 0, "private": 1, "vepa": 2}

_ADDRESS: Final = 1
_NAME: Final = 3
_LINK: Final = 5
_LINKINFO: Final = 18
_NET_NS_FD: Final = 28
_INFO_KIND: Final = 1
_INFO_DATA: Final = 2
_MACVLAN_MODE: Final = 1
_IPVLAN_MODE: Final = 1
_IPVLAN_FLAGS: Final = 2
_VLAN_ID: Final = 1


def add_macvlan(name: str, parent: int, *, mode: str, mac: str, namespace: int) -> bytes:
    """A link with a hardware address of its own beside that of its parent; still down.

    Args:
        name: in its namespace.
        parent: index of the parent.
        mode: of MACVLAN_MODES.
        mac: hardware address.
        namespace: descriptor of the namespace that it is made in.
    """
    data = u32(_MACVLAN_MODE, MACVLAN_MODES[mode])
    return _add(name, "macvlan", data, _parts(parent, namespace) + attribute(_ADDRESS, mac_bytes(mac)))


def add_ipvlan(name: str, parent: int, *, mode: str, flag: str, namespace: int) -> bytes:
    """A link with the hardware address of its parent and addresses of its own; still down.

    Args:
        mode: of IPVLAN_MODES.
        flag: of IPVLAN_FLAGS: who of the links on one parent may talk to whom.
        name, parent, namespace: see `add_macvlan`.
    """
    data = attribute(_IPVLAN_MODE, pack("=H", IPVLAN_MODES[mode]))
    data += attribute(_IPVLAN_FLAGS, pack("=H", IPVLAN_FLAGS[flag]))
    return _add(name, "ipvlan", data, _parts(parent, namespace))


def add_vlan(name: str, parent: int, vlan_id: int) -> bytes:
    """A link for the frames of the parent that carry the tag `vlan_id` (1 to 4094); up."""
    data = attribute(_VLAN_ID, pack("=H", vlan_id))
    return _add(name, "vlan", data, u32(_LINK, parent), up=True)


def add_parent(name: str, kind: str) -> bytes:
    """A link that leads nowhere, to be the parent of others; `kind` is "dummy" or "bridge"; up."""
    return _add(name, kind, b"", b"", up=True)


def probe(kind: str) -> bytes:
    """A request that is always refused: with EOPNOTSUPP where the kernel has no such links, else for want of a name."""
    return _add("", kind, b"", b"")


def _parts(parent: int, namespace: int) -> bytes:
    return u32(_LINK, parent) + u32(_NET_NS_FD, namespace)


def _add(name: str, kind: str, data: bytes, parts: bytes, *, up: bool = False) -> bytes:
    info = nested(_LINKINFO, text(_INFO_KIND, kind), nested(_INFO_DATA, data))
    flags = IFF_UP if up else 0
    named = text(_NAME, name) if name else b""
    return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header(0, flags, flags), named, parts, info)
