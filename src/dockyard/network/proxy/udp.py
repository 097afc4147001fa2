"""UDP: each client gets a socket of its own towards the container, so that answers find their way back."""

import select
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from dockyard.network.proxy.loop import Loop

_DATAGRAM_BYTES: Final = 1 << 16
IDLE_SECONDS: Final = 90.0
"""A client that is silent for so long is forgotten; docker-proxy's figure."""

MAX_CLIENTS: Final = 1024
"""More at a time are not served: their number is up to strangers, and each costs a descriptor."""


class UdpForwarder:
    """Forwards what comes to a bound socket, which it takes over, to one address."""

    def __init__(
        self,
        loop: Loop,
        bound: socket.socket,
        target: tuple[str, int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts at once."""
        self._loop = loop
        self._bound = bound
        self._target = target
        self._clock = clock
        self._clients: dict[Any, socket.socket] = {}
        self._heard: dict[Any, float] = {}
        loop.watch(bound, select.EPOLLIN, self._receive)
        loop.on_tick(self, self._forget_silent)

    def close(self) -> None:
        """Free the port now, forget the clients soon. From any thread."""
        self._loop.on_tick(self, None)
        self._loop.drop(self._bound)
        self._bound.close()
        self._loop.soon(self._forget_all)

    def _receive(self, events: int) -> None:  # noqa: ARG002
        try:
            datagram, client = self._bound.recvfrom(_DATAGRAM_BYTES)
        except OSError:  # nothing there after all, or closed
            return
        towards = self._clients.get(client)
        if towards is None:
            if len(self._clients) >= MAX_CLIENTS:
                return
            towards = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
            try:
                towards.connect(self._target)
            except OSError:
                towards.close()
                return
            self._clients[client] = towards
            self._loop.watch(towards, select.EPOLLIN, lambda _: self._answer(client))
        self._heard[client] = self._clock()
        self._send(lambda: towards.send(datagram))

    def _answer(self, client: Any) -> None:
        towards = self._clients.get(client)
        if towards is None:
            return
        try:
            datagram = towards.recv(_DATAGRAM_BYTES)
        except OSError:  # "connection refused" is how a closed port of the container is reported
            return
        self._heard[client] = self._clock()
        self._send(lambda: self._bound.sendto(datagram, client))

    def _send(self, send: Callable[[], int]) -> None:
        """A datagram that can't be sent is lost, as datagrams are."""
        try:
            send()
        except OSError:
            return

    def _forget_silent(self) -> None:
        now = self._clock()
        for client in [client for client, heard in self._heard.items() if now - heard > IDLE_SECONDS]:
            self._forget(client)

    def _forget_all(self) -> None:
        for client in list(self._clients):
            self._forget(client)

    def _forget(self, client: Any) -> None:
        towards = self._clients.pop(client)
        del self._heard[client]
        self._loop.drop(towards)
        towards.close()
