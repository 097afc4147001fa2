"""Published ports in the companion's hands: reserved, and served past the firewall, also while the daemon is dead.

The daemon binds, because it must know at once whether it may; a thread then hands the socket to the companion, so that
no start of a container waits for that. Meanwhile the daemon has it, and connections wait in it.
"""

import logging
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EAFNOSUPPORT
from typing import Final

from dockyard.errors import DockyardError, SystemFailure
from dockyard.network.companion.client import CompanionClient, Give
from dockyard.network.companion.messages import Hold, Port, Release
from dockyard.network.portmap.reservation import Reservation, bind_socket

_log: Final = logging.getLogger(__name__)

_MOVE_SECONDS: Final = 30.0


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
        self._moved = threading.Condition(self._lock)
        self._moving: set[Port] = set()
        self._held: dict[Port, Hold] = {}
        self._own: dict[Port, socket.socket] = {}
        self._waiting: queue.SimpleQueue[Port | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None

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
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="dockyard-held-ports", daemon=True)
                self._worker.start()
        self._waiting.put(order.port)
        return _Held(self, order.port)

    def restore(self, protocol: str, host_ip: str, port: int, target: tuple[str, int]) -> Reservation | None:
        """A `Reserve` for a port from before this daemon started: held by the companion, or bound again by `tell`."""
        order = Hold(Port(protocol, host_ip, port), target, self._forward)
        with self._lock:
            self._held[order.port] = order
        return _Held(self, order.port)

    def release(self, port: Port) -> None:
        """Give a port back, at once; a repeat does nothing."""
        with self._lock:
            if self._held.pop(port, None) is None:
                return
            self._moved.wait_for(lambda: port not in self._moving, _MOVE_SECONDS)
            own = self._own.pop(port, None)
        if own is not None:
            own.close()
            return
        try:
            self._companion.order_if_connected(Release(port))
        except DockyardError as error:
            _log.warning("port %s/%s of %s: %s", port.number, port.protocol, port.address, error)

    def tell(self, give: Give) -> None:
        """Tell a companion that has just been connected of all ports.

        Raises:
            OSError: it is gone again.
        """
        for port in list(self._held):
            try:
                self._tell_one(port, give)
            except SystemFailure as error:
                _log.warning("published port %s/%s isn't held: %s", port.number, port.protocol, error)

    def close(self) -> None:
        """The daemon ends; what the companion holds it goes on holding."""
        self._waiting.put(None)
        with self._lock:
            for own in self._own.values():
                own.close()
            self._own.clear()

    def _work(self) -> None:
        while (port := self._waiting.get()) is not None:
            try:
                self._companion.connect()  # which tells of all ports, if it wasn't connected
                self._hand_over(port)
            except DockyardError as error:
                _log.warning("published port %s/%s isn't held: %s", port.number, port.protocol, error)

    def _hand_over(self, port: Port) -> None:
        """DockyardError: there is no companion."""
        with self._moving_socket(port) as (order, own):
            if order is not None and own is not None:
                self._companion.order(order, own.detach())

    def _tell_one(self, port: Port, give: Give) -> None:
        with self._moving_socket(port) as (order, own):
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

    @contextmanager
    def _moving_socket(self, port: Port) -> Iterator[tuple[Hold | None, socket.socket | None]]:
        """Who gives the port back meanwhile waits until it has arrived."""
        with self._lock:
            order, own = self._held.get(port), self._own.pop(port, None)
            self._moving.add(port)
        try:
            yield order, own
        finally:
            with self._lock:
                self._moving.discard(port)
                self._moved.notify_all()

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
