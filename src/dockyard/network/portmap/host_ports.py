"""Ports of the host: which are given out, to whom, and which comes next.

When the daemon dies the companion goes on holding its reservations (`companion.held_ports`), and the firewall's map
stays, so the container goes on serving; the restarted daemon takes them up again (`restore`).
"""

import errno
import os
from collections.abc import Sequence
from typing import Final

from dockyard.errors import SystemFailure
from dockyard.network.attachment import PortRequest, PublishedPort
from dockyard.network.portmap.reservation import Reservation, Reserve

_ANY: Final = "0.0.0.0"
_ANY_IPV6: Final = "::"

DEFAULT_EPHEMERAL: Final = (32768, 60999)


class HostPorts:
    """The ports that this engine has given out. Not for several threads at a time: its owner has a lock."""

    def __init__(
        self,
        default_host_ip: str,
        ephemeral: tuple[int, int],
        reserve: Reserve,
        restore: Reserve | None = None,
        *,
        ipv6: bool,
    ) -> None:
        """None is given out yet.

        Args:
            default_host_ip: for requests that name no address.
            ephemeral: first and last port for requests that name no port.
            reserve: how a port is reserved.
            restore: how one from before this daemon started is; None: in the same way.
            ipv6: whether a request for 0.0.0.0 by default means "::" too, as Docker's do.
        """
        self._default_host_ips = (_ANY, _ANY_IPV6) if ipv6 and default_host_ip == _ANY else (default_host_ip,)
        self._ephemeral = ephemeral
        self._next_ephemeral = ephemeral[0]
        self._reserve = reserve
        self._reserve_again = restore or reserve
        self._taken: dict[tuple[str, int], dict[str, Reservation | None]] = {}

    def take(self, requests: Sequence[PortRequest], container_ip: str) -> tuple[PublishedPort, ...]:
        """Reserve a host port for each request, or none at all.

        Returns:
            One published port for each request and host address: a request without address has two where there is IPv6.

        Raises:
            SystemFailure: one can't be had; in Docker's words, without the name of the endpoint.
        """
        done: list[PublishedPort] = []
        try:
            for request in requests:
                done += self._take_one(request, container_ip)
        except BaseException:
            self.release(done)
            raise
        return tuple(done)

    def restore(self, published: Sequence[PublishedPort], container_ip: str, *, released: bool = False) -> list[str]:
        """Take ports that a living container has from before this daemon started; returns what couldn't be reserved.

        With `released`, they are ports that were given back a moment ago.
        The ports count as given out in any case: the firewall leads them to the container.
        """
        complaints: list[str] = []
        for entry in published:
            if not entry.host_port:
                continue  # only opened, not taken from the host
            reservation = None
            target = (container_ip, entry.container_port)
            try:
                reserve = self._reserve if released else self._reserve_again
                reservation = reserve(entry.protocol, entry.host_ip, entry.host_port, target)
            except OSError as error:
                place = _with_port(entry.host_ip, entry.host_port)
                complaints.append(f"{place}/{entry.protocol}: {_reason(error)}")
            self._taken.setdefault((entry.protocol, entry.host_port), {})[entry.host_ip] = reservation
        return complaints

    def release(self, published: Sequence[PublishedPort]) -> None:
        """Give ports back; those that aren't given out are fine."""
        for entry in published:
            key = (entry.protocol, entry.host_port)
            places = self._taken.get(key, {})
            reservation = places.pop(entry.host_ip, None)
            if reservation is not None:
                reservation.close()
            if not places:
                self._taken.pop(key, None)

    def _take_one(self, request: PortRequest, container_ip: str) -> list[PublishedPort]:
        host_ips = (request.host_ip,) if request.host_ip else self._default_host_ips
        if request.host_port_first == 0:
            return self._take_ephemeral(request, host_ips, container_ip)
        single = request.host_port_first == request.host_port_last
        for port in range(request.host_port_first, request.host_port_last + 1):
            taken = self._first_taken(request.protocol, host_ips, port)
            if taken is not None:
                if single:
                    raise SystemFailure(f"Bind for {_with_port(taken, port)} failed: port is already allocated")
                continue
            try:
                return self._take_port(request, host_ips, port, container_ip)
            except _Refused as refused:
                if single or refused.number != errno.EADDRINUSE:
                    raise SystemFailure(str(refused)) from refused
        places = f"{host_ips[0]}:{request.host_port_first}-{request.host_port_last}"
        raise SystemFailure(f"Bind for {places} failed: all ports are allocated")

    def _take_ephemeral(self, request: PortRequest, host_ips: Sequence[str], container_ip: str) -> list[PublishedPort]:
        first, last = self._ephemeral
        for _ in range(first, last + 1):
            port = self._next_ephemeral
            # Onward, not lowest first: a port just given back would go to the next container, while clients of the last
            # one still use it.
            self._next_ephemeral = first if port == last else port + 1
            if self._first_taken(request.protocol, host_ips, port) is not None:
                continue
            try:
                return self._take_port(request, host_ips, port, container_ip)
            except _Refused as refused:
                if refused.number != errno.EADDRINUSE:
                    raise SystemFailure(str(refused)) from refused
        raise SystemFailure("all ports are allocated")

    def _take_port(
        self, request: PortRequest, host_ips: Sequence[str], port: int, container_ip: str
    ) -> list[PublishedPort]:
        """Reserve one port on all the addresses, or on none."""
        done: list[PublishedPort] = []
        for host_ip in host_ips:
            try:
                target = (container_ip, request.container_port)
                reservation = self._reserve(request.protocol, host_ip, port, target)
            except OSError as error:
                self.release(done)
                place = f"{_with_port(host_ip, port)}:{container_ip}:{request.container_port}/{request.protocol}"
                raise _Refused(error.errno or 0, f"failed to bind host port for {place}: {_reason(error)}") from error
            self._taken.setdefault((request.protocol, port), {})[host_ip] = reservation
            done.append(PublishedPort(request.protocol, request.container_port, host_ip, port))
        return done

    def _first_taken(self, protocol: str, host_ips: Sequence[str], port: int) -> str | None:
        """The first of the addresses at which we have given the port out already."""
        places = self._taken.get((protocol, port), {})
        return next((host_ip for host_ip in host_ips if any(_overlap(host_ip, place) for place in places)), None)


class _Refused(Exception):
    """The kernel refused a port; the text is the message for the user."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


def ephemeral_range() -> tuple[int, int]:
    """First and last port that the kernel gives to connections that don't ask, and Docker to `-P`."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            first, last = (int(word) for word in file.read().split())
    except (OSError, ValueError):
        return DEFAULT_EPHEMERAL
    return first, last


def _overlap(one: str, other: str) -> bool:
    same_family = (":" in one) == (":" in other)
    return same_family and (one == other or one in (_ANY, _ANY_IPV6) or other in (_ANY, _ANY_IPV6))


def _with_port(host_ip: str, port: int) -> str:
    return f"[{host_ip}]:{port}" if ":" in host_ip else f"{host_ip}:{port}"


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()
