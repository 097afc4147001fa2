"""The networks of an engine: the one object of this package that the engine holds.

Every call is synchronous and short (a sandbox and an endpoint together take about 1.5 ms); the engine makes them from
one thread of its own. A lock makes it safe to call from others too. The network namespace of the thread that makes the
controller is "the host" for it, and all calls must come from threads in that namespace.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import dockyard
from dockyard.errors import Conflict, DockyardError, Forbidden, NotFound, SystemFailure
from dockyard.linux.netlink.monitor import Monitor
from dockyard.linux.network_namespace import NamespaceThread
from dockyard.network.attachment import (
    Attachment,
    AttachRequest,
    BridgeInfo,
    NetworkInfo,
    PortRequest,
    PublishedPort,
)
from dockyard.network.companion.client import CompanionClient, Give
from dockyard.network.companion.directory import Directory, Settings
from dockyard.network.companion.held_ports import HeldPorts
from dockyard.network.config import NetworkConfig
from dockyard.network.drivers.contract import Network
from dockyard.network.endpoints import Endpoints
from dockyard.network.firewall.bypass import is_open_to_others, warning
from dockyard.network.networks import NetworkRecord
from dockyard.network.portmap.host_ports import HostPorts, ephemeral_range
from dockyard.network.portmap.reservation import has_ipv6
from dockyard.network.recovery import drop_leftovers, settle_sandboxes
from dockyard.network.request import NetworkRequest
from dockyard.network.roster import Roster
from dockyard.network.sandbox.interface import interface_name
from dockyard.network.sandbox.links import remove_link
from dockyard.network.sandbox.routes import set_routes, ways_out
from dockyard.network.sandbox.sandboxes import Sandbox, Sandboxes

_log: Final = logging.getLogger(__name__)


class NetworkController:
    """All networks and sandboxes of one engine."""

    def __init__(
        self,
        data_root: str,
        exec_root: str,
        config: NetworkConfig,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Read what is on disk; the kernel is touched by `start`.

        Args:
            data_root: ids of networks are kept in its `network/`.
            exec_root: sandboxes are pinned in its `netns/`.
            config: the operator's settings.
            clock: for the time of creation of networks.

        Raises:
            DataLoss, SystemFailure: what is on disk can't be read.
        """
        self._host_ip = config.host_ip
        self._lock = threading.RLock()
        self._thread = NamespaceThread("dockyard-netns")
        self._sandboxes = Sandboxes(os.path.join(exec_root, "netns"), self._thread)
        self._companion = CompanionClient(exec_root, dockyard.__version__, self._tell_companion)
        self._held = HeldPorts(self._companion, forward=config.userland_proxy)
        self._ports = HostPorts(
            config.host_ip,
            ephemeral_range(),
            self._held.take,
            self._held.restore,
            ipv6=config.userland_proxy and has_ipv6(),
        )
        self.endpoints = Endpoints()
        """The living endpoints; the resolver reads names there."""
        self._names = Directory(self._companion, self.endpoints, self._sandboxes.path)
        self._roster = Roster(
            os.path.join(data_root, "network"),
            os.path.abspath(data_root),
            config,
            ports=self._ports,
            endpoints=self.endpoints,
            clock=clock,
        )
        self._monitor: Monitor | None = None

    def start(self, attachments: Sequence[Attachment]) -> BridgeInfo:
        """Bring the networks up with the endpoints of living containers; drop what belongs to nobody.

        Args:
            attachments: of all containers that live, from the engine's records.

        Returns:
            The default bridge, for the log.

        Raises:
            DockyardError: the default bridge can't be set up.
        """
        with self._lock:
            for attachment in attachments:
                self.endpoints.put(attachment)
            info = self._roster.start(attachments)
            self._sandboxes.keep_only({attachment.sandbox_id for attachment in attachments})
            settle_sandboxes(self._sandboxes, self.endpoints)
            drop_leftovers(self._roster)
            self._watch()
            return info

    def networks(self) -> list[NetworkInfo]:
        """All networks, as they are shown, oldest first."""
        with self._lock:
            return [self._roster.info(network) for network in self._roster.all()]

    def create_network(self, request: NetworkRequest) -> tuple[NetworkInfo, list[str]]:
        """Make a network; what it came to, and what the user should know. See `Roster.create`."""
        with self._lock:
            made = self._roster.create(request)
        # Now rather than with the first container, which would wait for it.
        self._names.expect(made[0].id, made[0].name)
        return made

    def remove_network(self, reference: str) -> NetworkRecord:
        """Remove a network that nobody is in; what it was. See `Roster.remove`."""
        with self._lock:
            return self._roster.remove(reference)

    def sandbox_path(self, sandbox_id: str) -> str:
        """Where `create_sandbox` pins a sandbox, or finds a namespace that somebody has pinned. For any thread."""
        return self._sandboxes.path(sandbox_id)

    def create_sandbox(self, sandbox_id: str) -> str:
        """Make a network namespace with its loopback up.

        Returns:
            Its path, `<exec root>/netns/<sandbox id>`, for the runtime to join.

        Raises:
            InvalidParameter: the id isn't a plain name.
            SystemFailure: the kernel refuses.
        """
        with self._lock:
            return self._sandboxes.create(sandbox_id)

    def start_names(self, names: Mapping[str, Settings]) -> None:
        """Serve the names of living containers; after `start`.

        Args:
            names: by sandbox, what their users decide about names.
        """
        for sandbox_id, settings in names.items():
            self._names.settle(sandbox_id, settings)
        self._names.start()
        try:
            if self._names.is_needed or self._held.is_needed:
                self._companion.connect()
            else:
                self._companion.adopt()
        except DockyardError as error:
            _log.warning("names and published ports of living containers: %s", error)

    def settle_names(self, sandbox_id: str, settings: Settings) -> None:
        """Say what the container's user decides about names; before its first endpoint, and when that changes."""
        self._names.settle(sandbox_id, settings)

    def leave_alone(self, sandbox_id: str) -> None:
        """Say that a new sandbox gets no endpoints for now."""
        with self._lock:
            self._sandboxes.settle(sandbox_id)

    def publishing_warnings(self, requests: Sequence[PortRequest]) -> list[str]:
        """What the user should know who publishes these ports: that they go past a firewall of the host."""
        if not is_open_to_others(requests, self._host_ip):
            return []
        try:
            firewalls = self._roster.closed_firewalls()
        except DockyardError:
            return []
        return [warning(firewalls)] if firewalls else []

    def attach(self, request: AttachRequest) -> Attachment:
        """Give a sandbox an endpoint in a network: link, addresses, route, published ports. All or nothing.

        Raises:
            NotFound: there is no such network or sandbox.
            Conflict: the sandbox is in that network already; the wanted address is in use.
            InvalidParameter: the wanted address isn't one of the network's.
            SystemFailure: a port can't be had, or the kernel refuses; in Docker's words.
        """
        with self._lock:
            network = self._roster.find(request.network)
            if network.record.config_only:
                raise Forbidden("cannot create endpoint on configuration-only network")
            own = self.endpoints.of_sandbox(request.sandbox_id)
            if any(each.network_id == network.record.id for each in own):
                raise Conflict(
                    f"endpoint with name {request.container_name} already exists in network {request.network}"
                )
            if network.uses_sandbox:
                with self._sandboxes.opened(request.sandbox_id) as sandbox:
                    attachment = self._attach(network, request, sandbox, own)
            else:
                self._sandboxes.settle(request.sandbox_id)
                attachment = network.attach(request, "", None)
            self.endpoints.put(attachment)
            return attachment

    def republish(
        self, endpoint_id: str, removed: Sequence[PublishedPort], requests: Sequence[PortRequest]
    ) -> Attachment:
        """Other published ports for an endpoint, at once; see `Network.republish`.

        Raises:
            NotFound: there is no such endpoint.
            Conflict, SystemFailure: as there.
        """
        with self._lock:
            endpoint = self.endpoints.get(endpoint_id)
            network = self._roster.by_id(endpoint.network_id) if endpoint is not None else None
            if endpoint is None or network is None:
                raise NotFound(f"endpoint {endpoint_id} not found")
            after = network.republish(endpoint, removed, requests)
            self.endpoints.put(after)
            return after

    def rename(self, endpoint: Attachment) -> None:
        """The names of a living endpoint have changed; one that isn't known is fine."""
        with self._lock:
            if self.endpoints.get(endpoint.endpoint_id) is not None:
                self.endpoints.put(endpoint)

    def detach(self, attachment: Attachment) -> None:
        """Undo `attach`; a repeat does nothing.

        Raises:
            SystemFailure: the firewall refuses; address and ports are free all the same.
        """
        with self._lock:
            if self.endpoints.discard(attachment.endpoint_id) is None:
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
        with self._lock:
            before = self.endpoints.of_sandbox(attachment.sandbox_id)
            try:
                self.detach(attachment)
            finally:
                network = self._roster.by_id(attachment.network_id)
                if network is not None and network.uses_sandbox:
                    with self._sandboxes.opened(attachment.sandbox_id) as sandbox:
                        after = self.endpoints.of_sandbox(attachment.sandbox_id)
                        _set_routes(sandbox, before, after)
                        remove_link(sandbox, attachment.interface)

    def remove_sandbox(self, sandbox_id: str) -> None:
        """Let go of a network namespace; one that isn't there is fine. Detach its endpoints first.

        Raises:
            InvalidParameter: the id isn't a plain name.
            SystemFailure: the kernel refuses.
        """
        with self._lock:
            self._names.forget(sandbox_id)
            self._sandboxes.remove(sandbox_id)

    def reassert(self) -> None:
        """Make right what somebody changed in the kernel: flushed rules, a deleted bridge, a port taken out of it.

        Raises:
            DockyardError: of the first network that can't be mended; the others are.
        """
        with self._lock:
            failure: DockyardError | None = None
            for network in self._roster.all():
                try:
                    network.reassert()
                except DockyardError as error:
                    failure = failure or error
            if failure is not None:
                raise failure

    def close(self) -> None:
        """The daemon ends. Containers keep their network; a default bridge without containers is removed."""
        if self._monitor is not None:  # before the lock is taken, which a report that runs just now may need
            self._monitor.close()
        self._companion.close()
        self._held.close()
        with self._lock:
            self._roster.close()
            self._sandboxes.close()
            self._thread.close()

    def _tell_companion(self, give: Give) -> None:
        self._names.tell(give)
        self._held.tell(give)

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

    def _watch(self) -> None:
        roster = self._roster
        try:
            self._monitor = Monitor(
                lambda table: any(network.owns_table(table) for network in roster.watched),
                lambda link: any(network.owns_link(link.name) for network in roster.watched),
            )
        except OSError as error:
            _log.warning("changes to the network by others won't be noticed: %s", error)
            return
        self._monitor.start(self._mend)

    def _mend(self) -> None:
        """Called from the monitor's thread."""
        try:
            self.reassert()
        except DockyardError as error:
            _log.warning("somebody changed rules or links of ours, and they can't be restored: %s", error)


def _set_routes(sandbox: Sandbox, before: Sequence[Attachment], after: Sequence[Attachment]) -> None:
    try:
        set_routes(sandbox, ways_out(before), ways_out(after))
    except OSError as error:
        raise SystemFailure(f"set the default route: {error}") from error
