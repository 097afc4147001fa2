"""The networks of an engine: the one object of this package that the engine holds.

Every call is synchronous and short (a sandbox and an endpoint together take about 1.5 ms); the engine makes them from
one thread of its own. A lock makes it safe to call from others too. The network namespace of the thread that makes the
controller is "the host" for it, and all calls must come from threads in that namespace.
"""

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import dockyard
from dockyard.errors import DockyardError
from dockyard.linux.network_namespace import NamespaceThread
from dockyard.network.attachment import (
    Attachment,
    AttachRequest,
    BridgeInfo,
    NetworkInfo,
    PortRequest,
    PublishedPort,
    RemoteEndpoint,
)
from dockyard.network.companion.client import CompanionClient, Give
from dockyard.network.companion.directory import Directory, Settings
from dockyard.network.companion.held_ports import HeldPorts
from dockyard.network.config import NetworkConfig
from dockyard.network.connections import Connections
from dockyard.network.endpoints import Endpoints
from dockyard.network.firewall.bypass import is_open_to_others, warning
from dockyard.network.networks import NetworkRecord
from dockyard.network.portmap.host_ports import HostPorts, ephemeral_range
from dockyard.network.portmap.reservation import has_ipv6
from dockyard.network.recovery import drop_leftovers, settle_sandboxes
from dockyard.network.request import NetworkRequest
from dockyard.network.roster import Roster
from dockyard.network.sandbox.sandboxes import Sandboxes
from dockyard.network.watch import Watch

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
        self._connections = Connections(self._roster, self.endpoints, self._sandboxes)
        self._watch = Watch(self._roster, self.reassert)

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
            self._watch.start()
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

    def set_remote_endpoints(self, reference: str, endpoints: Sequence[RemoteEndpoint]) -> None:
        """Say which containers of an overlay network are on other hosts. See `Roster.set_remote_endpoints`."""
        with self._lock:
            self._roster.set_remote_endpoints(reference, endpoints)

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
        """Give a sandbox an endpoint in a network; see `Connections.attach`."""
        with self._lock:
            return self._connections.attach(request)

    def republish(
        self, endpoint_id: str, removed: Sequence[PublishedPort], requests: Sequence[PortRequest]
    ) -> Attachment:
        """Other published ports for an endpoint, at once; see `Connections.republish`."""
        with self._lock:
            return self._connections.republish(endpoint_id, removed, requests)

    def rename(self, endpoint: Attachment) -> None:
        """The names of a living endpoint have changed; one that isn't known is fine."""
        with self._lock:
            if self.endpoints.get(endpoint.endpoint_id) is not None:
                self.endpoints.put(endpoint)

    def detach(self, attachment: Attachment) -> None:
        """Undo `attach`; a repeat does nothing. See `Connections.detach`."""
        with self._lock:
            self._connections.detach(attachment)

    def disconnect(self, attachment: Attachment) -> None:
        """Take an endpoint out of a sandbox that lives on; see `Connections.disconnect`."""
        with self._lock:
            self._connections.disconnect(attachment)

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
        self._watch.close()  # before the lock is taken, which a report that runs just now may need
        self._companion.close()
        self._held.close()
        with self._lock:
            self._roster.close()
            self._sandboxes.close()
            self._thread.close()

    def _tell_companion(self, give: Give) -> None:
        self._names.tell(give)
        self._held.tell(give)
