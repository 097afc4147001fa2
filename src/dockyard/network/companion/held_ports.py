"""Published ports in the companion's hands: reserved, and served past the firewall, also while the daemon is dead.

The daemon binds, because it must know at once whether it may; then the companion gets the socket. While that is being
started, the daemon keeps the socket, where connections wait.
"""

import logging
import socket
import threading
from errno import EAFNOSUPPORT
from typing import Final

from dockyard.errors import DockyardError, SystemFailure
from dockyard.network.companion.client import CompanionClient, Give
from dockyard.network.companion.messages import Hold, Port, Release
from dockyard.network.portmap.reservation import Reservation, bind_socket

_log: Final = logging.getLogger(__name__)


class HeldPorts:
    """The ports of one engine. For several threads."""

    def __init__(self, companion: CompanionClient, *, forward: bool) -> None:
        """None is held.

        Args:
            companion: who holds them.
            forward: whether what comes to the sockets is forwarded; IPv6 addresses can't be had without.
        """
        self._companion = companion
        self._forward = forward
        self._lock = threading.Lock()
        self._held: dict[Port, Hold] = {}
        self._own: dict[Port, socket.socket] = {}

    @property
    def is_needed(self) -> bool:
        """Whether any is held."""
        return bool(self._held)

    def take(self, protocol: str, host_ip: str, port: int, target: tuple[str, int]) -> Reservation | None:
        """A `Reserve`: bind a port and have it held."""
        if ":" in host_ip and not self._forward:
            raise OSError(EAFNOSUPPORT, "Address family not supported by protocol")
        bound = bind_socket(protocol, host_ip, port)
        if bound is None:
            return None
        order = Hold(Port(protocol, host_ip, port), target, self._forward)
        with self._lock:
            self._held[order.port] = order
            self._own[order.port] = bound
        if self._companion.is_connected:
            self._hand_over(order.port)
        else:
            self._companion.connect_soon(lambda: self._hand_over(order.port))
        return _Held(self, order.port)

    def restore(self, protocol: str, host_ip: str, port: int, target: tuple[str, int]) -> Reservation | None:
        """A `Reserve` for a port from before this daemon started: held by the companion, or bound again by `tell`."""
        order = Hold(Port(protocol, host_ip, port), target, self._forward)
        with self._lock:
            self._held[order.port] = order
        return _Held(self, order.port)

    def release(self, port: Port) -> None:
        """Give a port back; a repeat does nothing."""
        with self._lock:
            if self._held.pop(port, None) is None:
                return
            own = self._own.pop(port, None)
        if own is not None:
            own.close()
        if self._companion.is_connected:
            try:
                self._companion.order(Release(port))
            except DockyardError as error:
                _log.warning("port %s/%s of %s: %s", port.number, port.protocol, port.address, error)

    def tell(self, give: Give) -> None:
        """Tell a companion that has just been connected of all ports.

        Raises:
            OSError: it is gone again.
        """
        for port in list(self._held):
            self._tell_one(port, give)

    def close(self) -> None:
        """The daemon ends; what the companion holds it goes on holding."""
        for own in self._own.values():
            own.close()
        self._own.clear()

    def _hand_over(self, port: Port) -> None:
        with self._lock:
            order, own = self._held.get(port), self._own.pop(port, None)
        if order is None or own is None:
            return
        try:
            self._companion.order(order, own.detach())
        except DockyardError as error:
            _log.warning("published port %s/%s isn't held: %s", port.number, port.protocol, error)

    def _tell_one(self, port: Port, give: Give) -> None:
        with self._lock:
            order, own = self._held.get(port), self._own.pop(port, None)
        if order is None:
            return
        if own is None:
            try:
                give(order, None)
                return
            except SystemFailure:  # it doesn't hold it: both, it and the last daemon, were killed
                own = self._bind_again(port)
        if own is not None:
            give(order, own.detach())

    def _bind_again(self, port: Port) -> socket.socket | None:
        try:
            return bind_socket(port.protocol, port.address, port.number)
        except OSError as error:
            place = f"{port.address}:{port.number}/{port.protocol}"
            _log.warning("published port %s can't be reserved again: %s", place, error)
            return None


class _Held:
    """A `Reservation`."""

    def __init__(self, owner: HeldPorts, port: Port) -> None:
        self._owner = owner
        self._port = port

    def close(self) -> None:
        """Give it back."""
        self._owner.release(self._port)
