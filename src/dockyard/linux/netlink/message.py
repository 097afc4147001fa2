"""Netlink messages as bytes: the header, attributes (type, length, value) and their nesting. No I/O.

    +--------+------+-------+----------+------+----------------------+-----------+-----------+ …
    | length | type | flags | sequence | port | header of the family | attribute | attribute |
    +--------+------+-------+----------+------+----------------------+-----------+-----------+ …
       u32     u16    u16      u32       u32

Everything is in the byte order of the host unless an attribute says otherwise, and aligned to four bytes.

https://man7.org/linux/man-pages/man7/netlink.7.html, include/uapi/linux/netlink.h
"""

from collections.abc import Iterator
from struct import Struct, pack
from typing import Final, NamedTuple

HEADER: Final = Struct("=IHHII")
_ATTRIBUTE: Final = Struct("=HH")

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3

NLM_F_REQUEST: Final = 0x1
NLM_F_ACK: Final = 0x4
NLM_F_DUMP_INTR: Final = 0x10
NLM_F_CAPPED: Final = 0x100
NLM_F_ACK_TLVS: Final = 0x200
NLM_F_DUMP: Final = 0x300
NLM_F_REPLACE: Final = 0x100
NLM_F_EXCL: Final = 0x200
NLM_F_CREATE: Final = 0x400
NLM_F_APPEND: Final = 0x800

NLA_F_NESTED: Final = 0x8000
_NLA_TYPE_MASK: Final = 0x3FFF

MAX_ATTRIBUTE_BYTES: Final = 0xFFFF - _ATTRIBUTE.size


class Message(NamedTuple):
    """One message from the kernel; `body` begins with the header of the family (`ifinfomsg`, `nfgenmsg`, …)."""

    type: int
    flags: int
    sequence: int
    port: int
    body: bytes


def request(message_type: int, flags: int, body: bytes, *attributes: bytes) -> bytes:
    """A request with sequence and port 0: the socket fills in the sequence when it sends.

    Args:
        message_type: RTM_NEWLINK and the like.
        flags: NLM_F_* bits beside NLM_F_REQUEST, which is always set.
        body: header of the family, already aligned to four bytes.
        attributes: made by the functions below.
    """
    payload = body + b"".join(attributes)
    return HEADER.pack(HEADER.size + len(payload), message_type, flags | NLM_F_REQUEST, 0, 0) + payload


def with_sequence(message: bytes, sequence: int, flags: int) -> bytes:
    """The same request with its sequence number set and `flags` added."""
    length, message_type, present, _, port = HEADER.unpack_from(message)
    return HEADER.pack(length, message_type, present | flags, sequence, port) + message[HEADER.size :]


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes.

    Raises:
        ValueError: the value is longer than the 16-bit length can say.
    """
    if len(value) > MAX_ATTRIBUTE_BYTES:
        raise ValueError(f"netlink attribute {kind}: {len(value)} bytes are too many")
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) & 3)


def nested(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | NLA_F_NESTED, b"".join(attributes))


def text(kind: int, value: str) -> bytes:
    """A string attribute, ended by NUL as the kernel's NLA_NUL_STRING policy wants it."""
    return attribute(kind, value.encode() + b"\0")


def u8(kind: int, value: int) -> bytes:
    """An 8-bit attribute."""
    return attribute(kind, pack("=B", value))


def u32(kind: int, value: int) -> bytes:
    """A 32-bit attribute."""
    return attribute(kind, pack("=I", value))


def messages(datagram: bytes) -> Iterator[Message]:
    """The messages of one datagram, in order.

    Raises:
        ValueError: a length doesn't fit the datagram.
    """
    offset = 0
    while offset + HEADER.size <= len(datagram):
        length, message_type, flags, sequence, port = HEADER.unpack_from(datagram, offset)
        if length < HEADER.size or offset + length > len(datagram):
            raise ValueError(f"netlink message of {length} bytes at {offset} in a datagram of {len(datagram)}")
        yield Message(message_type, flags, sequence, port, datagram[offset + HEADER.size : offset + length])
        offset += (length + 3) & ~3


def attributes(data: bytes, offset: int = 0) -> dict[int, bytes]:
    """The attributes from `offset` to the end, by type without the flag bits; of repeated ones the last.

    Raises:
        ValueError: a length doesn't fit the data.
    """
    return dict(attribute_list(data, offset))


def attribute_list(data: bytes, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """Like `attributes`, in order and with repetitions."""
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size or offset + length > len(data):
            raise ValueError(f"netlink attribute of {length} bytes at {offset} in {len(data)} bytes")
        yield kind & _NLA_TYPE_MASK, data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3


def string(value: bytes) -> str:
    """The text of a string attribute: up to its first NUL."""
    return value.split(b"\0", 1)[0].decode(errors="replace")
