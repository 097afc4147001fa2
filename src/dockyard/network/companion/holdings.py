"""What the process holds: containers' resolvers, the table of names, reserved ports."""

import os
import socket
from types import ModuleType
from typing import TYPE_CHECKING, Final

from dockyard.network.companion import messages
from dockyard.network.companion.messages import Hold, Order, Port
from dockyard.network.portmap.reservation import Reservation, served
from dockyard.network.proxy.loop import Loop
from dockyard.network.resolver.listeners import Namespaces
from dockyard.network.resolver.names import NameTable
from dockyard.network.resolver.values import View

if TYPE_CHECKING:
    from dockyard.network.resolver.service import Bound, SandboxService

NOT_HELD: Final = "not held"


class AnotherVersion(Exception):
    """The daemon isn't of the version of this process."""


class Holdings:
    """All of one engine."""

    def __init__(self, namespaces: Namespaces, loop: Loop, version: str) -> None:
        """Nothing yet.

        Args:
            namespaces: the way into those of containers.
            loop: serves ports.
            version: of the daemons that may order.
        """
        self._namespaces = namespaces
        self._loop = loop
        self._version = version
        self._table = NameTable()
        self._services: dict[str, SandboxService] = {}
        self._ports: dict[Port, tuple[Hold, Reservation]] = {}
        self._whole: Bound | None = None
        self._mentioned: set[str | Port] = set()

    @property
    def is_needed(self) -> bool:
        """Whether there is anything."""
        return bool(self._services or self._ports)

    def carry_out(self, order: Order, descriptor: int | None) -> None:
        """Do what is ordered; a descriptor that came with it is taken over.

        Raises:
            OSError: the kernel refuses.
            AnotherVersion: this process can't be trusted to understand what follows.
        """
        try:
            match order:
                case messages.Serve(view):
                    self._mentioned.add(view.sandbox)
                    descriptor = self._serve(view, descriptor)
                case messages.Abandon(sandbox):
                    self._abandon(sandbox)
                case messages.Hold(port):
                    self._mentioned.add(port)
                    taken, descriptor = descriptor, None
                    self._hold(order, taken)
                case messages.Release(port):
                    self._release(port)
                case messages.Join(network, member):
                    self._mentioned |= {network, member.endpoint}
                    self._table.join(network, member)
                case messages.Leave(network, endpoint):
                    self._table.leave(network, endpoint)
                case messages.NameNetwork(network, name):
                    self._mentioned.add(network)
                    self._table.name_network(network, name)
                    _resolver()  # containers will come
                case messages.DropNetwork(network):
                    self._table.drop_network(network)
                case messages.Begin(version):
                    self._mentioned.clear()
                    if version != self._version:
                        raise AnotherVersion(version)
                case messages.ForgetRest():
                    self._forget_rest()
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def close(self) -> None:
        """Let go of everything."""
        for sandbox in list(self._services):
            self._abandon(sandbox)
        for port in list(self._ports):
            self._release(port)

    def _serve(self, view: View, namespace: int | None) -> int | None:
        """Returns the descriptor if it isn't needed."""
        service = self._services.get(view.sandbox)
        if service is not None:
            service.change(view)
            return namespace
        if namespace is None:
            raise FileNotFoundError("no network namespace came with the order")
        service_module = _resolver()
        self._whole = self._whole or service_module.Bound(service_module.MAX_WAITING_ALTOGETHER)
        self._services[view.sandbox] = service_module.SandboxService(
            namespace, view, self._table, self._namespaces, self._whole
        )
        return None

    def _abandon(self, sandbox: str) -> None:
        service = self._services.pop(sandbox, None)
        if service is not None:
            service.close()

    def _hold(self, order: Hold, descriptor: int | None) -> None:
        """Takes the descriptor over, also when it fails."""
        held = self._ports.get(order.port)
        if held is not None and held[0] == order and descriptor is None:
            return
        self._release(order.port)
        if descriptor is None:
            raise FileNotFoundError(NOT_HELD)
        try:
            bound = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            raise
        try:
            protocol = order.port.protocol
            reservation = served(self._loop, protocol, bound, order.target) if order.forward else bound
        except BaseException:
            self._loop.drop(bound)
            bound.close()
            raise
        self._ports[order.port] = order, reservation

    def _release(self, port: Port) -> None:
        held = self._ports.pop(port, None)
        if held is not None:
            held[1].close()

    def _forget_rest(self) -> None:
        known = {each for each in self._mentioned if isinstance(each, str)}
        self._table.keep_only(known, known)
        for sandbox in set(self._services) - known:
            self._abandon(sandbox)
        for port in [port for port in self._ports if port not in self._mentioned]:
            self._release(port)


def _resolver() -> ModuleType:
    """Where it is needed first: it imports what takes DNS messages apart, 6 MB for engines that only publish ports."""
    from dockyard.network.resolver import service

    return service
