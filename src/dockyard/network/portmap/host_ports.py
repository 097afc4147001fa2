"""Ports of the host: which are given out, and their reservation against every other process.

A reserved port is a socket that is bound (TCP: and listens), as docker-proxy's is: another program's bind fails,
`ss -l` shows who has the port, and ours fails in the same way when it is somebody else's. Packets rarely reach that
socket, because the firewall sends them on to the container before. When the daemon dies the reservation goes, the
firewall's map stays, so the container goes on serving; the restarted daemon binds again.
"""

import errno
import os
import socket
from collections.abc import Callable, Sequence
from typing import Final

from dockyard.errors import SystemFailure
from dockyard.network.attachment import PortRequest, PublishedPort

_ANY: Final = "0.0.0.0"
_BACKLOG: Final = 128

DEFAULT_EPHEMERAL: Final = (32768, 60999)

Bind = Callable[[str, str, int], socket.socket | None]
"""Reserves (protocol, address, port); None where the protocol has no sockets here. OSError if it is taken."""


def bind_socket(protocol: str, host_ip: str, port: int) -> socket.socket | None:
    """Take the port from every other process of the host.

    Raises:
        OSError: EADDRINUSE; EADDRNOTAVAIL if the address isn't one of the host's.
    """
    family = socket.AF_INET6 if ":" in host_ip else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    number = socket.IPPROTO_SCTP if protocol == "sctp" else 0
    try:
        bound = socket.socket(family, kind | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, number)
    except OSError:
        if protocol == "sctp":  # the kernel has none: then no other process can have the port either
            return None
        raise
    try:
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host_ip, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


class HostPorts:
    """The ports that this engine has given out. Not for several threads at a time: its owner has a lock."""

    def __init__(self, default_host_ip: str, ephemeral: tuple[int, int], bind: Bind = bind_socket) -> None:
        """None is given out yet.

        Args:
            default_host_ip: for requests that name no address.
            ephemeral: first and last port for requests that name no port.
            bind: how a port is reserved.
        """
        self._default_host_ip = default_host_ip
        self._ephemeral = ephemeral
        self._next_ephemeral = ephemeral[0]
        self._bind = bind
        self._taken: dict[tuple[str, int], dict[str, socket.socket | None]] = {}

    def take(self, requests: Sequence[PortRequest], container_ip: str) -> tuple[PublishedPort, ...]:
        """Reserve a host port for each request, or none at all.

        Raises:
            SystemFailure: one can't be had; in Docker's words, without the name of the endpoint.
        """
        done: list[PublishedPort] = []
        try:
            for request in requests:
                done.append(self._take_one(request, container_ip))  # noqa: PERF401 — what is done must be known on failure
        except BaseException:
            self.release(done)
            raise
        return tuple(done)

    def restore(self, published: Sequence[PublishedPort]) -> list[str]:
        """Take ports that a living container has from before this daemon started; returns what couldn't be reserved.

        The ports count as given out in any case: the firewall leads them to the container.
        """
        complaints: list[str] = []
        for entry in published:
            try:
                bound = self._bind(entry.protocol, entry.host_ip, entry.host_port)
            except OSError as error:
                bound = None
                complaints.append(
                    f"{entry.host_ip}:{entry.host_port}/{entry.protocol}: {os.strerror(error.errno or 0)}"
                )
            self._taken.setdefault((entry.protocol, entry.host_port), {})[entry.host_ip] = bound
        return complaints

    def release(self, published: Sequence[PublishedPort]) -> None:
        """Give ports back; those that aren't given out are fine."""
        for entry in published:
            key = (entry.protocol, entry.host_port)
            places = self._taken.get(key, {})
            bound = places.pop(entry.host_ip, None)
            if bound is not None:
                bound.close()
            if not places:
                self._taken.pop(key, None)

    def close(self) -> None:
        """Close all sockets; nothing else changes."""
        for places in self._taken.values():
            for bound in places.values():
                if bound is not None:
                    bound.close()
        self._taken.clear()

    def _take_one(self, request: PortRequest, container_ip: str) -> PublishedPort:
        host_ip = request.host_ip or self._default_host_ip
        if request.host_port_first == 0:
            return self._take_ephemeral(request, host_ip)
        single = request.host_port_first == request.host_port_last
        for port in range(request.host_port_first, request.host_port_last + 1):
            if self._is_taken(request.protocol, host_ip, port):
                if single:
                    raise SystemFailure(f"Bind for {_with_port(host_ip, port)} failed: port is already allocated")
                continue
            try:
                return self._reserve(request, host_ip, port)
            except OSError as error:
                if single or error.errno != errno.EADDRINUSE:
                    target = f"{_with_port(host_ip, port)}:{container_ip}:{request.container_port}/{request.protocol}"
                    reason = os.strerror(error.errno or 0).lower()
                    raise SystemFailure(f"failed to bind host port for {target}: {reason}") from error
        raise SystemFailure(
            f"Bind for {host_ip}:{request.host_port_first}-{request.host_port_last} failed: all ports are allocated"
        )

    def _take_ephemeral(self, request: PortRequest, host_ip: str) -> PublishedPort:
        first, last = self._ephemeral
        for _ in range(first, last + 1):
            port = self._next_ephemeral
            # Onward, not lowest first: a port just given back would go to the next container, while clients of the last
            # one still use it.
            self._next_ephemeral = first if port == last else port + 1
            if self._is_taken(request.protocol, host_ip, port):
                continue
            try:
                return self._reserve(request, host_ip, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    reason = os.strerror(error.errno or 0).lower()
                    raise SystemFailure(f"failed to bind host port for {host_ip}: {reason}") from error
        raise SystemFailure("all ports are allocated")

    def _reserve(self, request: PortRequest, host_ip: str, port: int) -> PublishedPort:
        bound = self._bind(request.protocol, host_ip, port)
        self._taken.setdefault((request.protocol, port), {})[host_ip] = bound
        return PublishedPort(request.protocol, request.container_port, host_ip, port)

    def _is_taken(self, protocol: str, host_ip: str, port: int) -> bool:
        places = self._taken.get((protocol, port), {})
        return bool(places) and (host_ip == _ANY or _ANY in places or host_ip in places)


def _with_port(host_ip: str, port: int) -> str:
    return f"[{host_ip}]:{port}" if ":" in host_ip else f"{host_ip}:{port}"


def ephemeral_range() -> tuple[int, int]:
    """First and last port that the kernel gives to connections that don't ask, and Docker to `-P`."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            first, last = (int(word) for word in file.read().split())
    except (OSError, ValueError):
        return DEFAULT_EPHEMERAL
    return first, last
