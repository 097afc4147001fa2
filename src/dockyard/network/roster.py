"""The networks of an engine: their records and the objects behind them; made, found, removed.

Making follows the record: it is on disk first, the kernel's side comes after it; removing goes the other way round. A
SIGKILL in between leaves a record whose network the next start makes whole, never a link or a table without a record.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from typing import Final

from dockyard.errors import DockyardError, Forbidden, InvalidParameter, NotFound
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.attachment import BRIDGE, Attachment, BridgeInfo, NetworkInfo, RemoteEndpoint
from dockyard.network.config import NetworkConfig
from dockyard.network.creation import Surroundings, plan_network, warnings_of
from dockyard.network.drivers.bridge.choose import choose_default_bridge
from dockyard.network.drivers.bridge.link import ensure_bridge
from dockyard.network.drivers.bridge.settings import Family
from dockyard.network.drivers.contract import Network
from dockyard.network.drivers.overlay.network import OverlayNetwork
from dockyard.network.endpoints import Endpoints
from dockyard.network.etc.resolv_conf import read_host
from dockyard.network.firewall.bypass import closed_firewalls
from dockyard.network.host_lock import host_lock
from dockyard.network.host_view import HostView, view_host
from dockyard.network.ipam.pools import Use
from dockyard.network.ipam.subnets import parse_address
from dockyard.network.networks import PREDEFINED, NetworkRecord, NetworkRecords
from dockyard.network.opening import Opener, planners
from dockyard.network.portmap.host_ports import HostPorts
from dockyard.network.request import DEFAULT_DRIVER, NetworkRequest

_log: Final = logging.getLogger(__name__)

_NO_BRIDGE: Final = "none"
_KINDS: Final = ("bridge", "dummy", "vlan", "vxlan")
"""Of links of the host that networks are made of."""


class Roster:
    """All networks of one engine. Not for several threads at a time, but for `watched`."""

    def __init__(
        self,
        directory: str,
        data_root: str,
        config: NetworkConfig,
        *,
        ports: HostPorts,
        endpoints: Endpoints,
        clock: Callable[[], datetime],
    ) -> None:
        """Read the records in `directory`; the kernel is touched by `start`.

        Raises:
            DataLoss, SystemFailure: see `NetworkRecords`.
        """
        self._data_root = data_root
        self._config = config
        self._endpoints = endpoints
        self._records = NetworkRecords(directory, clock)
        self._opener = Opener(data_root, config, ports, self._records.all)
        self._networks: dict[str, Network] = {}
        self.watched: tuple[Network, ...] = ()
        """All networks, for the monitor's thread: a value that is replaced, never changed."""

    def start(self, attachments: Sequence[Attachment]) -> BridgeInfo:
        """Bring all networks up, with the endpoints of living containers; returns the default bridge.

        A user's network that can't be brought up is reported in the log and kept: what is in its way may go.

        Raises:
            DockyardError: the default bridge can't be set up.
        """
        info = BridgeInfo("")
        for record in self._records.all():
            own = [attachment for attachment in attachments if attachment.network_id == record.id]
            if record.name != BRIDGE:
                network = self._opener.open(record)
                self._add(network)
                try:
                    network.start(own)
                except DockyardError as error:
                    _log.error("network %s can't be brought up: %s", record.name, error)
            elif self._config.bridge != _NO_BRIDGE:
                info = self._start_default_bridge(record, own)
        return info

    def all(self) -> tuple[Network, ...]:
        """Every network, the oldest first."""
        return self.watched

    def find(self, reference: str) -> Network:
        """The network of that name, id, or unique beginning of an id.

        Raises:
            NotFound, InvalidParameter: see `NetworkRecords.find`.
        """
        network = self._networks.get(self._records.find(reference).id)
        if network is None:
            raise NotFound(f"network {reference} not found")
        return network

    def by_id(self, network_id: str) -> Network | None:
        """The network with exactly this id."""
        return self._networks.get(network_id)

    def info(self, network: Network) -> NetworkInfo:
        """The network as it is shown, with its endpoints."""
        return network.info(self._endpoints.of_network(network.record.id))

    def closed_firewalls(self) -> list[str]:
        """What closes the host by default; nothing where rules are switched off, and somebody else's matter."""
        nftables = self._opener.nftables
        return closed_firewalls(nftables.run("list chains")) if nftables is not None else []

    def create(self, request: NetworkRequest) -> tuple[NetworkInfo, list[str]]:
        """Make a network; what it came to, and what the user should know.

        Raises:
            DockyardError: it can't be had, in Docker's words; nothing is left behind.
        """
        # Two engines that choose at once must not choose the same link or subnet.
        with host_lock():
            around = self._surroundings()
            request = self._with_defaults(request)
            record = plan_network(request, secrets.token_hex(32), self._records.timestamp(), around)
            warnings = warnings_of(record, request, around)
            self._records.put(record)
            network = self._opener.open(record)
            try:
                network.start(())
            except BaseException:
                self._undo(network)
                raise
        self._add(network)
        for warning in warnings:
            _log.warning("%s", warning)
        return network.info(()), warnings

    def set_remote_endpoints(self, reference: str, endpoints: Sequence[RemoteEndpoint]) -> None:
        """Say which containers of an overlay network are on other hosts; in the place of those that were.

        Raises:
            NotFound: there is no such network.
            InvalidParameter: it is none of overlay.
            SystemFailure: the kernel refuses; it is kept all the same, and the next reassertion tries again.
        """
        network = self.find(reference)
        if not isinstance(network, OverlayNetwork):
            raise InvalidParameter(f"network {network.record.name} isn't an overlay network: it is on this host alone")
        self._records.put(replace(network.record, remote_endpoints=tuple(endpoints)))
        network.set_endpoints(endpoints)

    def remove(self, reference: str) -> NetworkRecord:
        """Remove a network that nobody is in; returns what it was.

        Raises:
            NotFound: there is none.
            Forbidden: it is a built-in one, or in use; in Docker's words.
        """
        network = self.find(reference)
        record = network.record
        if record.name in PREDEFINED:
            raise Forbidden(f"{record.name} is a pre-defined network and cannot be removed")
        users = [one for one in self._records.all() if one.config_from == record.name]
        if record.config_only and users:
            raise Forbidden(f'error while removing network: configuration network "{record.name}" is in use')
        endpoints = self._endpoints.of_network(record.id)
        if endpoints:
            names = ", ".join(f'name:"{one.container_name}" id:"{one.endpoint_id[:12]}"' for one in endpoints)
            raise Forbidden(f"error while removing network: network {record.name} has active endpoints ({names})")
        self._drop(network)
        try:
            network.remove()
        except BaseException:
            self._add(self._opener.open(self._records.find(record.id)))
            raise
        self._records.remove(record.id)
        return record

    def leftovers(self, rtnl: NetlinkSocket) -> list[str]:
        """Names of links that carry the mark of this engine and belong to no network of it."""
        marks = f"dockyard:{self._data_root}#"
        return [
            entry.name
            for entry in view_host(rtnl).links
            if entry.kind in _KINDS
            and entry.alias.startswith(marks)
            and not any(network.owns_link(entry.name) for network in self.watched)
        ]

    def close(self) -> None:
        """The daemon ends; see `Network.close`."""
        for network in self.watched:
            network.close()
        self._networks.clear()
        self.watched = ()
        self._opener.close()
        self._records.close()

    def _start_default_bridge(self, record: NetworkRecord, own: Sequence[Attachment]) -> BridgeInfo:
        with host_lock():
            others = [
                Use(ip_network(block.subnet), f"network {one.name}")
                for one in self._records.all()
                if not one.config_only
                for block in one.subnets
            ]
            others += _name_servers()
            settings = choose_default_bridge(self._config, self._data_root, record, _view(), others)
            rtnl = NetlinkSocket()
            try:
                ensure_bridge(rtnl, settings)
            finally:
                rtnl.close()
        ipv4 = settings.ipv4
        assert isinstance(ipv4, Family), "the default bridge has IPv4"
        record = self._records.remember_addresses(record, settings.link, str(ipv4.subnet), ipv4.address)
        network = self._opener.open_bridge(record, settings)
        network.start(own)
        self._add(network)
        return BridgeInfo(settings.link, ipv4.address, str(ipv4.subnet))

    def _surroundings(self) -> Surroundings:
        host = _view()
        return Surroundings(
            # The default bridge's subnet is in no record, but is as much in the way as the others.
            records=[replace(network.record, subnets=network.info(()).subnets) for network in self.watched],
            host=host,
            uses=[*host.uses(), *_name_servers()],
            pools=self._config.default_address_pools,
            planners=planners(self._config),
        )

    def _with_defaults(self, request: NetworkRequest) -> NetworkRequest:
        """The wish with the operator's options for its driver, where it has none of its own."""
        defaults = dict(self._config.default_options).get(request.driver or DEFAULT_DRIVER, ())
        if request.config_from is not None or not defaults:
            return request
        return replace(request, options=tuple({**dict(defaults), **dict(request.options)}.items()))

    def _add(self, network: Network) -> None:
        self._networks[network.record.id] = network
        self._note()

    def _drop(self, network: Network) -> None:
        del self._networks[network.record.id]
        self._note()

    def _note(self) -> None:
        self.watched = tuple(sorted(self._networks.values(), key=lambda one: (one.record.created, one.record.name)))

    def _undo(self, network: Network) -> None:
        try:
            network.remove()
        except DockyardError as error:
            _log.warning("undo network %s: %s", network.record.name, error)
        self._records.remove(network.record.id)


def _name_servers() -> list[Use]:
    """A subnet that a name server is in would be reached in vain, although no route of the host shows it."""
    servers = (parse_address(text) for text in read_host().servers)
    return [Use(ip_network(address), f"the name server {address}") for address in servers if address is not None]


def _view() -> HostView:
    rtnl = NetlinkSocket()
    try:
        return view_host(rtnl)
    finally:
        rtnl.close()
