"""Endpoints come and go: what joins a sandbox to a network, and the default routes that follow from all it has.

Between the controller, which has the lock, and the drivers, which know one network each.
"""

from collections.abc import Sequence
from contextlib import suppress

from dockyard.errors import Conflict, Forbidden, NotFound, SystemFailure
from dockyard.network.attachment import Attachment, AttachRequest, PortRequest, PublishedPort
from dockyard.network.drivers.contract import Network
from dockyard.network.endpoints import Endpoints
from dockyard.network.roster import Roster
from dockyard.network.sandbox.interface import interface_name
from dockyard.network.sandbox.links import remove_link
from dockyard.network.sandbox.routes import set_routes, ways_out
from dockyard.network.sandbox.sandboxes import Sandbox, Sandboxes


class Connections:
    """Connects sandboxes with networks. Not for several threads at a time: its owner has a lock."""

    def __init__(self, roster: Roster, endpoints: Endpoints, sandboxes: Sandboxes) -> None:
        """`endpoints` are the living ones, and kept so."""
        self._roster = roster
        self._endpoints = endpoints
        self._sandboxes = sandboxes

    def attach(self, request: AttachRequest) -> Attachment:
        """Give a sandbox an endpoint in a network: link, addresses, route, published ports. All or nothing.

        Raises:
            NotFound: there is no such network or sandbox.
            Conflict: the sandbox is in that network already; the wanted address is in use.
            InvalidParameter: the wanted address isn't one of the network's.
            SystemFailure: a port can't be had, or the kernel refuses; in Docker's words.
        """
        network = self._roster.find(request.network)
        if network.record.config_only:
            raise Forbidden("cannot create endpoint on configuration-only network")
        own = self._endpoints.of_sandbox(request.sandbox_id)
        if any(each.network_id == network.record.id for each in own):
            raise Conflict(f"endpoint with name {request.container_name} already exists in network {request.network}")
        if network.uses_sandbox:
            with self._sandboxes.opened(request.sandbox_id) as sandbox:
                attachment = self._attach(network, request, sandbox, own)
        else:
            self._sandboxes.settle(request.sandbox_id)
            attachment = network.attach(request, "", None)
        self._endpoints.put(attachment)
        return attachment

    def republish(
        self, endpoint_id: str, removed: Sequence[PublishedPort], requests: Sequence[PortRequest]
    ) -> Attachment:
        """Other published ports for an endpoint, at once; see `Network.republish`.

        Raises:
            NotFound: there is no such endpoint.
            Conflict, SystemFailure: as there.
        """
        endpoint = self._endpoints.get(endpoint_id)
        network = self._roster.by_id(endpoint.network_id) if endpoint is not None else None
        if endpoint is None or network is None:
            raise NotFound(f"endpoint {endpoint_id} not found")
        after = network.republish(endpoint, removed, requests)
        self._endpoints.put(after)
        return after

    def detach(self, attachment: Attachment) -> None:
        """Undo `attach`; a repeat does nothing.

        Raises:
            SystemFailure: the firewall refuses; address and ports are free all the same.
        """
        if self._endpoints.discard(attachment.endpoint_id) is None:
            return
        network = self._roster.by_id(attachment.network_id)
        if network is not None:
            network.detach(attachment)
            if attachment.interface and not attachment.host_interface:
                # Nothing of it is on the host; whoever shares the sandbox would keep it.
                with suppress(NotFound), self._sandboxes.opened(attachment.sandbox_id) as sandbox:
                    remove_link(sandbox, attachment.interface)

    def disconnect(self, attachment: Attachment) -> None:
        """Take an endpoint out of a sandbox that lives on; its link is gone when this returns. A repeat does nothing.

        Raises:
            SystemFailure: the firewall or the kernel refuses; the endpoint is no more all the same.
        """
        before = self._endpoints.of_sandbox(attachment.sandbox_id)
        try:
            self.detach(attachment)
        finally:
            network = self._roster.by_id(attachment.network_id)
            if network is not None and network.uses_sandbox:
                with self._sandboxes.opened(attachment.sandbox_id) as sandbox:
                    after = self._endpoints.of_sandbox(attachment.sandbox_id)
                    _set_routes(sandbox, before, after)
                    remove_link(sandbox, attachment.interface)

    def _attach(
        self, network: Network, request: AttachRequest, sandbox: Sandbox, own: tuple[Attachment, ...]
    ) -> Attachment:
        """The endpoint, and the default routes that follow from it."""
        taken = {each.interface for each in own}
        name = interface_name(dict(request.driver_opts), network.interface_prefix, taken)
        attachment = network.attach(request, name, sandbox)
        try:
            _set_routes(sandbox, own, (*own, attachment))
        except BaseException:
            network.detach(attachment)
            remove_link(sandbox, attachment.interface)
            raise
        return attachment


def _set_routes(sandbox: Sandbox, before: Sequence[Attachment], after: Sequence[Attachment]) -> None:
    try:
        set_routes(sandbox, ways_out(before), ways_out(after))
    except OSError as error:
        raise SystemFailure(f"set the default route: {error}") from error
