"""Flows that connection tracking remembers (nfnetlink, subsystem ctnetlink): list some of them, forget them.

A flow remembers where it was led when it began. A UDP client that goes on sending keeps its flow alive for ever, so one
that began before a port was published, or while another container had it, must be forgotten by hand.

include/uapi/linux/netfilter/nfnetlink_conntrack.h
"""

import socket
from struct import Struct, pack
from typing import Final, NamedTuple

from dockyard.linux.netlink.message import Message, attribute, attributes, nested, request, u8, u32

_SUBSYSTEM: Final = 1
_GET: Final = _SUBSYSTEM << 8 | 1
_DELETE: Final = _SUBSYSTEM << 8 | 2

_TUPLE_ORIGINAL: Final = 1
_TUPLE_REPLY: Final = 2
_ID: Final = 12
_FILTER: Final = 25
_TUPLE_IP: Final = 1
_TUPLE_PROTOCOL: Final = 2
_IP_SOURCE: Final = 1
_IP_DESTINATION: Final = 2
_PROTOCOL_NUMBER: Final = 1
_PROTOCOL_DESTINATION_PORT: Final = 3
_FILTER_ORIGINAL_FLAGS: Final = 1
_FILTER_REPLY_FLAGS: Final = 2
_BY_PROTOCOL: Final = 1 << 3
_BY_DESTINATION_PORT: Final = 1 << 5

_HEADER: Final = Struct("=BBH")


class Flow(NamedTuple):
    """One IPv4 flow: addresses as the first packet had them, and as the answers have them.

    `original` and `id` are the kernel's own bytes, which name the flow when it is to be forgotten.
    """

    source: str
    destination: str
    destination_port: int
    protocol: int
    reply_source: str
    reply_destination: str
    original: bytes
    id: bytes


def get(protocol: int, destination_port: int | None = None) -> bytes:
    """Ask for the IPv4 flows of a protocol, or those to one port, by the packet that began them.

    A kernel before 5.8 answers with all flows.
    """
    sought = [u8(_PROTOCOL_NUMBER, protocol)]
    flags = _BY_PROTOCOL
    if destination_port is not None:
        sought.append(attribute(_PROTOCOL_DESTINATION_PORT, pack("!H", destination_port)))
        flags |= _BY_DESTINATION_PORT
    wanted = nested(_FILTER, u32(_FILTER_ORIGINAL_FLAGS, flags), u32(_FILTER_REPLY_FLAGS, 0))
    return request(_GET, 0, _header(), nested(_TUPLE_ORIGINAL, nested(_TUPLE_PROTOCOL, *sought)), wanted)


def forget(flow: Flow) -> bytes:
    """Delete one flow; ENOENT when it ended by itself."""
    return request(_DELETE, 0, _header(), nested(_TUPLE_ORIGINAL, flow.original), attribute(_ID, flow.id))


def parse(message: Message) -> Flow:
    """The flow in an answer to `get`."""
    found = attributes(message.body, _HEADER.size)
    original = found[_TUPLE_ORIGINAL]
    source, destination = _addresses(original)
    reply_source, reply_destination = _addresses(found[_TUPLE_REPLY])
    protocol = attributes(attributes(original)[_TUPLE_PROTOCOL])
    return Flow(
        source=source,
        destination=destination,
        destination_port=int.from_bytes(protocol.get(_PROTOCOL_DESTINATION_PORT, b""), "big"),
        protocol=protocol[_PROTOCOL_NUMBER][0],
        reply_source=reply_source,
        reply_destination=reply_destination,
        original=original,
        id=found[_ID],
    )


def _addresses(tuple_: bytes) -> tuple[str, str]:
    found = attributes(attributes(tuple_)[_TUPLE_IP])
    return socket.inet_ntoa(found[_IP_SOURCE]), socket.inet_ntoa(found[_IP_DESTINATION])


def _header() -> bytes:
    """`struct nfgenmsg`."""
    return _HEADER.pack(socket.AF_INET, 0, 0)
