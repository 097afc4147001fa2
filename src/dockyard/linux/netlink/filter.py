"""A filter in the kernel for what a socket hears: classic BPF on the bytes of a netlink datagram.

A group of rtnetlink tells every change of every link, a dozen for each container that starts. Who wants one kind only
should not be woken for the others.

https://docs.kernel.org/networking/filter.html
"""

import ctypes
import socket
import sys
from struct import pack
from typing import Final

_SO_ATTACH_FILTER: Final = 26
_LOAD_HALF, _LOAD_BYTE, _JUMP_IF_EQUAL, _RETURN = 0x28, 0x30, 0x15, 0x06
_ALL_BYTES: Final = 0xFFFFFFFF

TYPE_OFFSET: Final = 4
"""Of the message type in a datagram."""

FAMILY_OFFSET: Final = 16
"""Of the address family: the first byte behind the header, in every message of rtnetlink."""


def only(message_type: int, family: int) -> bytes:
    """A program that lets datagrams pass whose first message is of that type and family."""
    # The load of a 16-bit word reads network byte order, the header is in that of the host.
    in_network_order = int.from_bytes(message_type.to_bytes(2, sys.byteorder), "big")
    instructions = (
        (_LOAD_HALF, 0, 0, TYPE_OFFSET),
        (_JUMP_IF_EQUAL, 0, 3, in_network_order),
        (_LOAD_BYTE, 0, 0, FAMILY_OFFSET),
        (_JUMP_IF_EQUAL, 0, 1, family),
        (_RETURN, 0, 0, _ALL_BYTES),
        (_RETURN, 0, 0, 0),
    )
    return b"".join(pack("=HBBI", *instruction) for instruction in instructions)


def attach(to: socket.socket, program: bytes) -> None:
    """Put the program on a socket.

    Raises:
        OSError: the kernel refuses it.
    """
    buffer = ctypes.create_string_buffer(program, len(program))
    to.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pack("@HP", len(program) // 8, ctypes.addressof(buffer)))
