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
from dockyard.errors import Conflict, DockyardError, NotFound
from dockyard.linux.netlink.monitor import Monitor
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.linux.network_namespace import NamespaceThread
from dockyard.linux.nftables import Nftables, open_nftables
from dockyard.network.attachment import BRIDGE, Attachment, AttachRequest, BridgeInfo, NetworkInfo
from dockyard.network.config import NetworkConfig
from dockyard.network.drivers.bridge.choose import choose_default_bridge
from dockyard.network.drivers.bridge.link import ensure_bridge, view_host
from dockyard.network.drivers.bridge.network import BridgeNetwork
from dockyard.network.drivers.contract import Network
from dockyard.network.drivers.linkless import LinklessNetwork
from dockyard.network.endpoints import Endpoints
from dockyard.network.firewall.rules import BridgeRules
from dockyard.network.firewall.table import FirewallTable
from dockyard.network.host_lock import host_lock
from dockyard.network.networks import NetworkRecord, NetworkRecords
from dockyard.network.portmap.host_ports import HostPorts, ephemeral_range
from dockyard.network.portmap.reservation import ProxyReserve, has_ipv6, reserve_only
from dockyard.network.proxy.loop import Loop
from dockyard.network.resolver.directory import Directory, Settings
from dockyard.network.sandbox.sandboxes import Sandboxes

_log: Final = logging.getLogger(__name__)

_NO_BRIDGE: Final = "none"


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
        self._data_root = data_root
        self._config = config
        self._lock = threading.RLock()
        self._records = NetworkRecords(os.path.join(data_root, "network"), clock)
        self._thread = NamespaceThread("dockyard-netns")
        self._sandboxes = Sandboxes(os.path.join(exec_root, "netns"), self._thread)
        self._loop = Loop()
        reserve = ProxyReserve(self._loop) if config.userland_proxy else reserve_only
        self._ports = HostPorts(config.host_ip, ephemeral_range(), reserve, ipv6=config.userland_proxy and has_ipv6())
        self._nftables: Nftables | None = None
        self._networks: dict[str, Network] = {}
        self.endpoints = Endpoints()
        """The living endpoints; the resolver reads names there."""
        self._names = Directory(exec_root, dockyard.__version__, self.endpoints, self._sandboxes.path)
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
            info = BridgeInfo("")
            for attachment in attachments:
                self.endpoints.put(attachment)
            for record in self._records.all():
                own = [attachment for attachment in attachments if attachment.network_id == record.id]
                if record.name == BRIDGE:
                    if self._config.bridge == _NO_BRIDGE:
                        continue
                    info = self._start_default_bridge(record, own)
                else:
                    network = LinklessNetwork(record)
                    network.start(own)
                    self._networks[record.id] = network
            self._sandboxes.keep_only({attachment.sandbox_id for attachment in attachments})
            self._watch()
            return info

    def networks(self) -> list[NetworkInfo]:
        """All networks, as they are shown, oldest first."""
        with self._lock:
            return [network.info(self.endpoints.of_network(network.record.id)) for network in self._networks.values()]

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

    def settle_names(self, sandbox_id: str, settings: Settings) -> None:
        """Say what the container's user decides about names; before its first endpoint, and when that changes."""
        self._names.settle(sandbox_id, settings)

    def attach(self, request: AttachRequest) -> Attachment:
        """Give a sandbox an endpoint in a network: link, addresses, route, published ports. All or nothing.

        Raises:
            NotFound: there is no such network or sandbox.
            Conflict: the sandbox is in that network already; the wanted address is in use.
            InvalidParameter: the wanted address isn't one of the network's.
            SystemFailure: a port can't be had, or the kernel refuses; in Docker's words.
        """
        with self._lock:
            network = self._network(request.network)
            own = self.endpoints.of_sandbox(request.sandbox_id)
            if any(each.network_id == network.record.id for each in own):
                raise Conflict(
                    f"endpoint with name {request.container_name} already exists in network {request.network}"
                )
            interface = _free_interface({each.interface for each in own})
            if network.uses_sandbox:
                sandbox = self._sandboxes.open(request.sandbox_id)
                try:
                    attachment = network.attach(request, interface, sandbox)
                finally:
                    sandbox.close()
            else:
                self._sandboxes.settle(request.sandbox_id)
                attachment = network.attach(request, interface, None)
            self.endpoints.put(attachment)
            return attachment

    def detach(self, attachment: Attachment) -> None:
        """Undo `attach`; a repeat does nothing.

        Raises:
            SystemFailure: the firewall refuses; address and ports are free all the same.
        """
        with self._lock:
            if self.endpoints.discard(attachment.endpoint_id) is None:
                return
            network = self._networks.get(attachment.network_id)
            if network is not None:
                network.detach(attachment)

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
            for network in self._networks.values():
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
        self._names.close()
        with self._lock:
            for network in self._networks.values():
                network.close()
            self._networks.clear()
            self._ports.close()
            self._loop.close()
            self._sandboxes.close()
            self._thread.close()
            if self._nftables is not None:
                self._nftables.close()

    def _start_default_bridge(self, record: NetworkRecord, own: Sequence[Attachment]) -> BridgeInfo:
        # Two engines that start at once must not choose the same link or subnet: what one has chosen the other must
        # see.
        with host_lock():
            rtnl = NetlinkSocket()
            try:
                settings = choose_default_bridge(self._config, self._data_root, record, view_host(rtnl))
                ensure_bridge(rtnl, settings)
            finally:
                rtnl.close()
        record = self._records.remember_addresses(record, settings.link, str(settings.subnet), str(settings.address.ip))
        firewall = None
        if self._config.iptables:
            self._nftables = open_nftables()
            rules = BridgeRules(settings.link, str(settings.subnet), settings.icc, settings.masquerade)
            firewall = FirewallTable(self._nftables, rules)
        network = BridgeNetwork(
            record,
            settings,
            rtnl=NetlinkSocket,
            firewall=firewall,
            ports=self._ports,
            ip_forward=self._config.ip_forward,
        )
        network.start(own)
        self._networks[record.id] = network
        return BridgeInfo(settings.link, str(settings.address.ip), str(settings.subnet))

    def _watch(self) -> None:
        networks = tuple(self._networks.values())
        try:
            self._monitor = Monitor(
                lambda table: any(network.owns_table(table) for network in networks),
                lambda link: any(network.owns_link(link.name) for network in networks),
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

    def _network(self, reference: str) -> Network:
        record = self._records.find(reference)
        network = self._networks.get(record.id)
        if network is None:
            raise NotFound(f"network {reference} not found")
        return network


def _free_interface(taken: set[str]) -> str:
    number = 0
    while f"eth{number}" in taken:
        number += 1
    return f"eth{number}"
