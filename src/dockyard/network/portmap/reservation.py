"""Reserving a port of the host against every other process, and serving what comes to it past the firewall.

A reserved port is a socket that is bound (TCP: and listens), as docker-proxy's is: another program's bind fails,
`ss -l` shows who has the port, and ours fails in the same way when it is somebody else's. Packets rarely reach that
socket, because the firewall sends them on to the container before; those that do are forwarded by `network.proxy`.
"""

import socket
from collections.abc import Callable
from typing import Final, Protocol

from dockyard.network.proxy.loop import Loop
from dockyard.network.proxy.tcp import TcpForwarder
from dockyard.network.proxy.udp import UdpForwarder

_BACKLOG: Final = 128


class Reservation(Protocol):
    """A port that is held."""

    def close(self) -> None:
        """Give it back: from now on others may have it."""
        ...


Reserve = Callable[[str, str, int, tuple[str, int]], Reservation | None]
"""Reserves (protocol, host address, host port) and serves it for a (container address, port).

None where the protocol has no sockets here. OSError: EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES.
"""


class ProxyReserve:
    """A `Reserve` whose sockets are served by the loop."""

    def __init__(self, loop: Loop) -> None:
        """Nothing is reserved yet."""
        self._loop = loop

    def __call__(self, protocol: str, host_ip: str, port: int, target: tuple[str, int]) -> Reservation | None:
        """See `Reserve`."""
        bound = bind_socket(protocol, host_ip, port)
        return None if bound is None else served(self._loop, protocol, bound, target)


def served(loop: Loop, protocol: str, bound: socket.socket, target: tuple[str, int]) -> Reservation:
    """Forward what comes to a bound socket, which is taken over; SCTP is only reserved."""
    if protocol == "sctp":
        return bound
    forwarder = UdpForwarder if protocol == "udp" else TcpForwarder
    return forwarder(loop, bound, target)


def bind_socket(protocol: str, host_ip: str, port: int) -> socket.socket | None:
    """A socket that has the port; None for SCTP where the kernel has none, because then nobody else has it either.

    Raises:
        OSError: EADDRINUSE; EADDRNOTAVAIL if the address isn't one of the host's.
    """
    family = socket.AF_INET6 if ":" in host_ip else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    number = socket.IPPROTO_SCTP if protocol == "sctp" else 0
    try:
        bound = socket.socket(family, kind | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, number)
    except OSError:
        if protocol == "sctp":
            return None
        raise
    try:
        if family == socket.AF_INET6:
            # Otherwise "::" would also be "0.0.0.0", which has a socket of its own.
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host_ip, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def has_ipv6() -> bool:
    """Whether the host has IPv6, so that a port can be bound to "::"."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True
