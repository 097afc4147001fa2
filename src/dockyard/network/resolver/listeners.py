"""Sockets in the network namespaces of containers, made by a process of one thread that goes in and comes back.

Nothing else may happen while the thread is inside, so all of it is synchronous: some tens of microseconds. A thread
that can't come back would do the host's work in a container's namespace; the process ends rather.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from dockyard.errors import DockyardError
from dockyard.linux import network_namespace
from dockyard.linux.nftables import open_nftables
from dockyard.network.resolver.port_rules import redirect
from dockyard.network.resolver.values import ADDRESS, PORT

_log: Final = logging.getLogger(__name__)

_BACKLOG: Final = 64
_LOST: Final = 70


class Listeners(NamedTuple):
    """What the resolver hears a container by."""

    udp: socket.socket
    tcp: socket.socket

    def close(self) -> None:
        """Give the ports back."""
        self.udp.close()
        self.tcp.close()


class Namespaces:
    """The way into containers' namespaces and back home, for the only thread of this process."""

    def __init__(self) -> None:
        """Home is where the caller is."""
        self._home = network_namespace.open_current()

    @contextmanager
    def inside(self, namespace: int) -> Iterator[None]:
        """The body runs inside; it must not wait.

        Raises:
            OSError: the namespace can't be entered.
        """
        network_namespace.enter(namespace)
        try:
            yield
        finally:
            try:
                network_namespace.enter(self._home)
            except OSError:
                os._exit(_LOST)

    def open_socket(self, namespace: int | None, kind: socket.SocketKind, family: int) -> socket.socket:
        """A socket of the namespace, or of home if None.

        Raises:
            OSError: the namespace can't be entered; no more descriptors.
        """
        if namespace is None:
            return _new_socket(kind, family)
        with self.inside(namespace):
            return _new_socket(kind, family)

    def listen(self, namespace: int) -> Listeners:
        """Listen for what the container asks at 127.0.0.11, port 53.

        Raises:
            OSError: the kernel refuses.
        """
        with self.inside(namespace):
            try:
                return _listen_behind_rules()
            except DockyardError as error:
                _log.warning("no rules in a container's namespace, its port 53 is taken: %s", error)
                return _listen(PORT)


def _listen_behind_rules() -> Listeners:
    listeners = _listen(0)
    try:
        nftables = open_nftables()
        try:
            nftables.run(redirect(listeners.udp.getsockname()[1], listeners.tcp.getsockname()[1]))
        finally:
            nftables.close()
    except BaseException:
        listeners.close()
        raise
    return listeners


def _listen(port: int) -> Listeners:
    udp = _new_socket(socket.SOCK_DGRAM, socket.AF_INET)
    try:
        udp.bind((ADDRESS, port))
        tcp = _new_socket(socket.SOCK_STREAM, socket.AF_INET)
        try:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((ADDRESS, port))
            tcp.listen(_BACKLOG)
        except BaseException:
            tcp.close()
            raise
    except BaseException:
        udp.close()
        raise
    return Listeners(udp, tcp)


def _new_socket(kind: socket.SocketKind, family: int) -> socket.socket:
    return socket.socket(family, kind | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
