"""One JSON object and some descriptors as one packet of a SOCK_SEQPACKET unix socket.

A packet is taken whole or not at all, so there is no framing to get wrong. What is larger than a socket's buffer allows
(the environment of an exec may have megabytes) goes into an anonymous file, whose descriptor comes first in the packet.

https://man7.org/linux/man-pages/man7/unix.7.html
"""

import array
import json
import os
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple

from dockyard.errors import InvalidParameter

MAX_PACKET_BYTES = 128 * 1024
MAX_DESCRIPTORS = 64
_OVERFLOW = b'{"overflow":true}'
# Plain numbers: combining members of enumerations costs more than sending.
_SEND_FLAGS = int(socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
_RECEIVE_FLAGS = int(socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC)
_WAITING_FLAGS = int(socket.MSG_CMSG_CLOEXEC)
_CUT_OFF = int(socket.MSG_TRUNC | socket.MSG_CTRUNC)
_SOL_SOCKET, _SCM_RIGHTS = int(socket.SOL_SOCKET), int(socket.SCM_RIGHTS)
_ANCILLARY_BYTES = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)


class RawPacket(NamedTuple):
    """A message that nobody has parsed, and descriptors (close-on-exec, owned by the receiver)."""

    data: bytes
    descriptors: list[int]


class Packet(NamedTuple):
    """A message and the descriptors that came with it (close-on-exec, owned by the receiver)."""

    message: dict[str, Any]
    descriptors: list[int]


def send_packet(connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send without blocking; the kernel duplicates `descriptors`, the caller's stay open.

    Raises:
        BlockingIOError: the receiver's buffer is full.
        OSError: the connection is gone (EPIPE, ECONNRESET).
    """
    data = _ENCODER.encode(message).encode("ascii")
    if len(data) <= MAX_PACKET_BYTES:
        _send(connection, data, descriptors)
        return
    overflow = os.memfd_create("dockyard-packet", os.MFD_CLOEXEC)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(overflow, view) :]
        _send(connection, _OVERFLOW, (overflow, *descriptors))
    finally:
        os.close(overflow)


def _send(connection: socket.socket, data: bytes, descriptors: Sequence[int]) -> None:
    rights = [(_SOL_SOCKET, _SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    connection.sendmsg([data], rights, _SEND_FLAGS)


def receive_packet(connection: socket.socket) -> Packet | None:
    """The next packet, without blocking; None when the other end has closed.

    Raises:
        BlockingIOError: there is none yet.
        InvalidParameter: what came isn't a JSON object, or was cut off; its descriptors are closed.
        OSError: the connection is gone.
    """
    raw = receive_raw(connection, _RECEIVE_FLAGS)
    return None if raw is None else parse_packet(raw)


def receive_raw(connection: socket.socket, flags: int = _WAITING_FLAGS) -> RawPacket | None:
    """The next packet, unparsed, waiting for it unless `flags` say otherwise. Errors as `receive_packet`."""
    data, ancillary, flags, _ = connection.recvmsg(MAX_PACKET_BYTES, _ANCILLARY_BYTES, flags)
    descriptors = _descriptors(ancillary)
    if flags & _CUT_OFF:
        close_all(descriptors)
        raise InvalidParameter("invalid message: it was cut off")
    if data == _OVERFLOW and descriptors:
        data = _read_overflow(descriptors)
    return RawPacket(data, descriptors) if data or descriptors else None


def _read_overflow(descriptors: list[int]) -> bytes:
    """What is in the anonymous file, the first of `descriptors`, which is taken out and closed. InvalidParameter."""
    overflow = descriptors.pop(0)
    try:
        return os.pread(overflow, os.fstat(overflow).st_size, 0)
    except OSError as error:
        close_all(descriptors)
        raise InvalidParameter(f"invalid message: {error.strerror}") from error
    finally:
        os.close(overflow)


def parse_packet(raw: RawPacket) -> Packet:
    """`raw` as a message; InvalidParameter when it isn't a JSON object, and its descriptors are closed then."""
    data, descriptors = raw
    try:
        message = json.loads(data.decode())  # of bytes, json would find out the encoding first
        if not isinstance(message, dict):
            raise InvalidParameter("invalid message: not a JSON object")
    except (ValueError, InvalidParameter) as error:
        close_all(descriptors)
        raise InvalidParameter(f"invalid message: {error}") from error
    return Packet(message, descriptors)


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == _SOL_SOCKET and kind == _SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return descriptors.tolist()


def close_all(descriptors: Sequence[int]) -> None:
    """Close each of `descriptors`."""
    for descriptor in descriptors:
        os.close(descriptor)
