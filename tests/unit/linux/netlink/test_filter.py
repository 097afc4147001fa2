"""What the filter in the kernel lets pass, on a real socket pair."""

import socket
from struct import pack

from dockyard.linux.netlink.filter import attach, only


def datagram(message_type: int, family: int) -> bytes:
    return pack("=IHHII", 20, message_type, 0, 0, 0) + bytes([family, 0, 0, 0])


def test_one_type_of_one_family() -> None:
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    attach(receiver, only(17, 0))
    receiver.settimeout(1)
    for message_type, family in ((16, 0), (17, 7), (0x1100, 0), (17, 0), (20, 2)):
        sender.send(datagram(message_type, family))
    assert receiver.recv(100) == datagram(17, 0)
    receiver.setblocking(False)
    try:
        raise AssertionError(f"heard {receiver.recv(100)!r}")
    except BlockingIOError:
        pass
    sender.close()
    receiver.close()
