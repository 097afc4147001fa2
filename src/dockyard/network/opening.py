"""Records become networks: the driver of each, with what it needs of the engine."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.linux.netlink.vxlan import PORT as VXLAN_PORT
from dockyard.linux.netlink.vxlan import Vxlan
from dockyard.linux.nftables import Nftables, check_that_tables_can_be_read, open_nftables
from dockyard.network.config import NetworkConfig
from dockyard.network.drivers.bridge.network import BridgeNetwork
from dockyard.network.drivers.bridge.settings import BridgeSettings
from dockyard.network.drivers.bridge.user_defined import BridgePlanner, alias_of, settings_of
from dockyard.network.drivers.contract import Network
from dockyard.network.drivers.linkless import LinklessNetwork
from dockyard.network.drivers.overlay.gate import Gate
from dockyard.network.drivers.overlay.network import OverlayNetwork
from dockyard.network.drivers.overlay.options import OVERLAY
from dockyard.network.drivers.overlay.options import parse_options as parse_overlay_options
from dockyard.network.drivers.overlay.peers import Peers
from dockyard.network.drivers.overlay.planning import OverlayPlanner
from dockyard.network.drivers.overlay.tunnel import Tunnel
from dockyard.network.drivers.parented.network import ParentedNetwork
from dockyard.network.drivers.parented.options import IPVLAN, MACVLAN
from dockyard.network.drivers.parented.planning import ParentedPlanner
from dockyard.network.drivers.planning import Planner
from dockyard.network.firewall.table import FirewallTable
from dockyard.network.networks import NetworkRecord
from dockyard.network.portmap.host_ports import HostPorts

_TUNNEL_PREFIX: Final = "vx-"
_ID_DIGITS: Final = 12


def planners(config: NetworkConfig) -> Mapping[str, Planner]:
    """The drivers that users can make networks of, by name: overlay only where the daemon knows its address."""
    found: dict[str, Planner] = {"bridge": BridgePlanner(), MACVLAN: ParentedPlanner(), IPVLAN: ParentedPlanner()}
    if config.overlay_address:
        found[OVERLAY] = OverlayPlanner()
    return found


class Opener:
    """Makes the objects behind records; nothing happens in the kernel yet."""

    def __init__(
        self, data_root: str, config: NetworkConfig, ports: HostPorts, records: Callable[[], Iterable[NetworkRecord]]
    ) -> None:
        """`ports` are shared by all networks, `records` tells of those; nftables is opened by the first bridge."""
        self._records = records
        self._data_root = data_root
        self._config = config
        self._ports = ports
        self._nftables: Nftables | None = None

    def open(self, record: NetworkRecord) -> Network:
        """The network of any record but the default bridge's."""
        if record.driver == "bridge" and not record.config_only:
            return self.open_bridge(record, settings_of(record, self._data_root))
        if record.driver == OVERLAY and not record.config_only:
            return self._open_overlay(record)
        if record.driver in (MACVLAN, IPVLAN):
            alias = alias_of(self._data_root, record.id)
            return ParentedNetwork(record, alias, NetlinkSocket, keeps_parent=lambda: self._shares_parent(record))
        return LinklessNetwork(record)

    @property
    def nftables(self) -> Nftables | None:
        """None before the first bridge, and where rules are switched off."""
        return self._nftables

    def open_bridge(self, record: NetworkRecord, settings: BridgeSettings) -> BridgeNetwork:
        """A bridge network."""
        firewall = None
        if self._config.iptables:
            if self._nftables is None:
                check_that_tables_can_be_read()
                self._nftables = open_nftables()
            rules = replace(settings.rules, direct=self._config.allow_direct_routing)
            firewall = FirewallTable(self._nftables, rules if self._config.ip6tables else replace(rules, ipv6=None))
        return BridgeNetwork(
            record,
            settings,
            rtnl=NetlinkSocket,
            firewall=firewall,
            ports=self._ports,
            ip_forward=self._config.ip_forward,
        )

    def _open_overlay(self, record: NetworkRecord) -> OverlayNetwork:
        local = self._config.overlay_address
        options = parse_overlay_options(dict(record.options))
        settings = replace(settings_of(record, self._data_root), mtu=options.mtu(local))
        tunnel = Tunnel(
            name=_TUNNEL_PREFIX + record.id[:_ID_DIGITS],
            alias=settings.alias,
            bridge=settings.link,
            vxlan=Vxlan(options.vni, local, VXLAN_PORT),
            mtu=settings.mtu,
            isolated=not settings.icc,
        )
        bridge = self.open_bridge(record, settings)
        gate = Gate(self._nftables, tunnel.name, tunnel.vxlan) if self._nftables is not None else None
        peers = Peers(self._config.overlay_peers, record.remote_endpoints)
        return OverlayNetwork(bridge, tunnel, peers=peers, gate=gate, rtnl=NetlinkSocket)

    def _shares_parent(self, record: NetworkRecord) -> bool:
        return any(other.link == record.link and other.id != record.id for other in self._records())

    def close(self) -> None:
        """Let go of nftables."""
        if self._nftables is not None:
            self._nftables.close()
