"""Routes (rtnetlink(7), RTM_*ROUTE)."""

import socket
import sys
from struct import Struct
from typing import Final, NamedTuple

from dockyard.linux.netlink.address import packed
from dockyard.linux.netlink.message import NLM_F_CREATE, NLM_F_REPLACE, Message, attribute, attributes, request, u32

RTM_NEWROUTE: Final = 24
RTM_DELROUTE: Final = 25
RTM_GETROUTE: Final = 26

RT_TABLE_MAIN: Final = 254

# include/uapi/linux/rtnetlink.h
_RTA_DST: Final = 1
_RTA_OIF: Final = 4
_RTA_GATEWAY: Final = 5
_RTA_TABLE: Final = 15
_RTPROT_BOOT: Final = 3
_RT_SCOPE_UNIVERSE: Final = 0
_RT_SCOPE_LINK: Final = 253
_RTN_UNICAST: Final = 1

_HEADER: Final = Struct("=BBBBBBBBI")


class Route(NamedTuple):
    """A route; the default route has destination "0.0.0.0" or "::" and prefix length 0."""

    family: int
    destination: str
    prefix_length: int
    gateway: str | None
    link_index: int
    table: int


def add_default(gateway: str, link_index: int | None = None) -> bytes:
    """The route for everything else, in the main table; takes the place of one that is there.

    Without `link_index` the kernel finds the link by the gateway's own network.
    """
    family, raw = packed(gateway)
    body = _HEADER.pack(family, 0, 0, 0, RT_TABLE_MAIN, _RTPROT_BOOT, _RT_SCOPE_UNIVERSE, _RTN_UNICAST, 0)
    parts = [attribute(_RTA_GATEWAY, raw)]
    if link_index is not None:
        parts.append(u32(_RTA_OIF, link_index))
    return request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body, *parts)


def add_default_on_link(link_index: int, family: int) -> bytes:
    """The route for everything else straight through a link; takes the place of one that is there."""
    body = _HEADER.pack(family, 0, 0, 0, RT_TABLE_MAIN, _RTPROT_BOOT, _RT_SCOPE_LINK, _RTN_UNICAST, 0)
    return request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body, u32(_RTA_OIF, link_index))


def delete_default(gateway: str) -> bytes:
    """Take away the route for everything else that goes to this gateway; ESRCH when there is none."""
    family, raw = packed(gateway)
    body = _HEADER.pack(family, 0, 0, 0, RT_TABLE_MAIN, 0, _RT_SCOPE_UNIVERSE, _RTN_UNICAST, 0)
    return request(RTM_DELROUTE, 0, body, attribute(_RTA_GATEWAY, raw))


def get_all(family: int = socket.AF_INET) -> bytes:
    """Ask for the routes of all tables."""
    return request(RTM_GETROUTE, 0, _HEADER.pack(family, 0, 0, 0, 0, 0, 0, 0, 0))


def parse(message: Message) -> Route:
    """The route in an RTM_NEWROUTE or RTM_DELROUTE."""
    family, prefix_length, _, _, table, _, _, _, _ = _HEADER.unpack_from(message.body)
    found = attributes(message.body, _HEADER.size)
    destination = found.get(_RTA_DST, bytes(16 if family == socket.AF_INET6 else 4))
    gateway = found.get(_RTA_GATEWAY)
    return Route(
        family=family,
        destination=socket.inet_ntop(family, destination),
        prefix_length=prefix_length,
        gateway=socket.inet_ntop(family, gateway) if gateway else None,
        link_index=int.from_bytes(found.get(_RTA_OIF, b""), sys.byteorder),
        table=int.from_bytes(found.get(_RTA_TABLE, b""), sys.byteorder) or table,
    )
