"""Packets with descriptors over a real socket pair."""

import os
import socket
from collections.abc import Iterator

import pytest

from dockyard.errors import InvalidParameter
from dockyard.shim.packets import MAX_PACKET_BYTES, Packet, close_all, receive_packet, send_packet

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    yield one, other
    one.close()
    other.close()


def received(connection: socket.socket) -> Packet:
    packet = receive_packet(connection)
    assert packet is not None
    return packet


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_messages_come_whole_and_in_order(pair: Pair) -> None:
    for number in range(3):
        send_packet(pair[0], {"seq": number, "text": "grüße \udc80"})
    for number in range(3):
        assert received(pair[1]) == ({"seq": number, "text": "grüße \udc80"}, [])
    with pytest.raises(BlockingIOError):
        receive_packet(pair[1])


def test_descriptors_travel(pair: Pair) -> None:
    read, write = os.pipe()
    send_packet(pair[0], {}, (write,))
    os.close(write)
    (copy,) = received(pair[1]).descriptors
    assert not os.get_inheritable(copy)
    os.write(copy, b"x")
    assert os.read(read, 10) == b"x"
    close_all((read, copy))


def test_a_large_message_with_descriptors(pair: Pair) -> None:
    before = open_descriptors()
    message = {"env": ["x" * 1000] * 3000}
    read, write = os.pipe()
    send_packet(pair[0], message, (read, write))
    packet = received(pair[1])
    assert packet.message == message
    assert len(packet.descriptors) == 2
    close_all((read, write, *packet.descriptors))
    assert open_descriptors() == before


def test_the_end(pair: Pair) -> None:
    pair[0].close()
    assert receive_packet(pair[1]) is None


@pytest.mark.parametrize("data", [b"[]", b"nonsense", b"\xff", b'"x"', b"{", b"x" * (MAX_PACKET_BYTES + 1)])
def test_what_is_no_message_is_refused_and_its_descriptors_closed(pair: Pair, data: bytes) -> None:
    before = open_descriptors()
    socket.send_fds(pair[0], [data], [0, 1])
    with pytest.raises(InvalidParameter):
        receive_packet(pair[1])
    assert open_descriptors() == before


def test_nobody_reads(pair: Pair) -> None:
    with pytest.raises(BlockingIOError):
        for _ in range(10_000):
            send_packet(pair[0], {"fill": "x" * 1000})
