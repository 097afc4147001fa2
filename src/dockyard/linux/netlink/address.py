"""IPv4 and IPv6 addresses of links (rtnetlink(7), RTM_*ADDR)."""

import socket
from struct import Struct
from typing import Final, NamedTuple

from dockyard.linux.netlink.message import (
    NLM_F_CREATE,
    NLM_F_REPLACE,
    Message,
    attribute,
    attributes,
    request,
)

RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22

# include/uapi/linux/if_addr.h
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_BROADCAST: Final = 4
_FLAG_NODAD: Final = 2

_HEADER: Final = Struct("=BBBBi")


class Address(NamedTuple):
    """One address of a link."""

    link_index: int
    address: str
    prefix_length: int
    scope: int


def add(link_index: int, address: str, prefix_length: int, broadcast: str | None = None) -> bytes:
    """Give a link an address; one that is there already is left as it is.

    IPv6 addresses are marked as known to be unique, because IPAM gave them out: no second is lost in asking neighbours.
    """
    family, raw = packed(address)
    parts = [attribute(_IFA_LOCAL, raw), attribute(_IFA_ADDRESS, raw)]
    if broadcast is not None:
        parts.append(attribute(_IFA_BROADCAST, packed(broadcast)[1]))
    flags = _FLAG_NODAD if family == socket.AF_INET6 else 0
    body = _HEADER.pack(family, prefix_length, flags, 0, link_index)
    return request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body, *parts)


def delete(link_index: int, address: str, prefix_length: int) -> bytes:
    """Take an address from a link."""
    family, raw = packed(address)
    body = _HEADER.pack(family, prefix_length, 0, 0, link_index)
    return request(RTM_DELADDR, 0, body, attribute(_IFA_LOCAL, raw), attribute(_IFA_ADDRESS, raw))


def get_all(family: int = socket.AF_UNSPEC) -> bytes:
    """Ask for the addresses of all links."""
    return request(RTM_GETADDR, 0, _HEADER.pack(family, 0, 0, 0, 0))


def parse(message: Message) -> Address:
    """The address in an RTM_NEWADDR or RTM_DELADDR."""
    family, prefix_length, _, scope, index = _HEADER.unpack_from(message.body)
    found = attributes(message.body, _HEADER.size)
    raw = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS, b"")
    return Address(index, socket.inet_ntop(family, raw), prefix_length, scope)


def packed(address: str) -> tuple[int, bytes]:
    """Family and network bytes of an address.

    Raises:
        OSError: not an address.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.inet_pton(family, address)
