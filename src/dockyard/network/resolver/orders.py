"""The resolver process: carries out what the daemon orders, and serves sandboxes meanwhile and afterwards.

It lives until nobody needs it: no sandbox is served, and no daemon is connected.
"""

import asyncio
import logging
import os
import socket
from contextlib import suppress
from typing import Final

import msgspec

from dockyard.network.resolver import messages
from dockyard.network.resolver.listeners import Namespaces
from dockyard.network.resolver.messages import Order, Outcome
from dockyard.network.resolver.names import NameTable
from dockyard.network.resolver.service import Bound, SandboxService
from dockyard.network.resolver.values import PORT, View

_log: Final = logging.getLogger(__name__)

MAX_WAITING: Final = 1024
"""Questions that wait for other servers, of all sandboxes."""

FIRST_ORDER_SECONDS: Final = 30.0
"""The daemon that started this process connects at once, unless it was killed."""


class AnotherVersion(Exception):
    """The daemon isn't of the version of this process."""


class Resolver:
    """All sandboxes of an engine."""

    def __init__(self, namespaces: Namespaces, version: str, port: int = PORT) -> None:
        """Serves nobody yet. `port` is that of the servers that are asked."""
        self._namespaces = namespaces
        self._version = version
        self._port = port
        self._table = NameTable()
        self._services: dict[str, SandboxService] = {}
        self._whole = Bound(MAX_WAITING)
        self._mentioned: set[str] = set()

    @property
    def is_needed(self) -> bool:
        """Whether a sandbox is served."""
        return bool(self._services)

    def carry_out(self, order: Order, namespace: int | None) -> None:
        """Do what is ordered; a descriptor that came with it is taken over.

        Raises:
            OSError: the kernel refuses.
            AnotherVersion: this process can't be trusted to understand what follows.
        """
        try:
            match order:
                case messages.Serve(view):
                    self._mentioned.add(view.sandbox)
                    namespace = self._serve(view, namespace)
                case messages.Abandon(sandbox):
                    self._abandon(sandbox)
                case messages.Join(network, member):
                    self._mentioned |= {network, member.endpoint}
                    self._table.join(network, member)
                case messages.Leave(network, endpoint):
                    self._table.leave(network, endpoint)
                case messages.NameNetwork(network, name):
                    self._mentioned.add(network)
                    self._table.name_network(network, name)
                case messages.DropNetwork(network):
                    self._table.drop_network(network)
                case messages.Begin(version):
                    self._mentioned.clear()
                    if version != self._version:
                        raise AnotherVersion(version)
                case messages.ForgetRest():
                    self._forget_rest()
        finally:
            if namespace is not None:
                os.close(namespace)

    def close(self) -> None:
        """Serve nobody any more."""
        for sandbox in list(self._services):
            self._abandon(sandbox)

    def _serve(self, view: View, namespace: int | None) -> int | None:
        """Returns the descriptor if it isn't needed."""
        service = self._services.get(view.sandbox)
        if service is not None:
            service.change(view)
            return namespace
        if namespace is None:
            raise FileNotFoundError("no network namespace came with the order")
        self._services[view.sandbox] = SandboxService(
            namespace, view, self._table, self._namespaces, self._whole, self._port
        )
        return None

    def _abandon(self, sandbox: str) -> None:
        service = self._services.pop(sandbox, None)
        if service is not None:
            service.close()

    def _forget_rest(self) -> None:
        self._table.keep_only(self._mentioned, self._mentioned)
        for sandbox in set(self._services) - self._mentioned:
            self._abandon(sandbox)


class OrderSocket:
    """Takes orders from daemons; there is one at a time, but the last one's connection may end late."""

    def __init__(self, listener: socket.socket, resolver: Resolver) -> None:
        """`listener` is non-blocking, and taken over."""
        self._listener = listener
        self._resolver = resolver
        self._connections: set[socket.socket] = set()
        self.unneeded = asyncio.Event()
        """Set when nobody needs this process any more, or somebody needs another one."""
        loop = asyncio.get_running_loop()
        loop.add_reader(listener, self._accept)
        loop.call_later(FIRST_ORDER_SECONDS, self._end_if_unneeded)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        self._connections.add(connection)
        asyncio.get_running_loop().add_reader(connection, self._receive, connection)

    def _receive(self, connection: socket.socket) -> None:
        try:
            packet, descriptors, _, _ = socket.recv_fds(connection, messages.MAX_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            packet, descriptors = b"", []
        if not packet:
            self._disconnect(connection)
            return
        outcome = self._obey(packet, descriptors[0] if descriptors else None)
        try:
            connection.send(messages.encode(outcome))
        except OSError:  # who doesn't read answers, or is gone
            self._disconnect(connection)

    def _obey(self, packet: bytes, namespace: int | None) -> Outcome:
        try:
            order = messages.decode_order(packet)
        except msgspec.DecodeError as error:
            if namespace is not None:
                os.close(namespace)
            return Outcome(f"not understood: {error}")
        try:
            self._resolver.carry_out(order, namespace)
        except AnotherVersion as error:
            self._end()
            return Outcome(f"another version: {error}")
        except OSError as error:
            return Outcome(str(error))
        except Exception as error:
            _log.exception("an order failed")
            return Outcome(f"{type(error).__name__}: {error}")
        return Outcome()

    def _disconnect(self, connection: socket.socket) -> None:
        self._connections.discard(connection)
        asyncio.get_running_loop().remove_reader(connection)
        with suppress(OSError):
            connection.close()
        self._end_if_unneeded()

    def _end_if_unneeded(self) -> None:
        if not self._connections and not self._resolver.is_needed:
            self._end()

    def _end(self) -> None:
        """At once nobody can connect any more: a daemon that comes now must start another process."""
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self.unneeded.set()
