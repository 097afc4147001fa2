"""Which number an overlay network gets, and which link. Pure."""

from collections.abc import Sequence

from dockyard.errors import Forbidden
from dockyard.network.drivers.bridge.user_defined import BridgePlanner
from dockyard.network.drivers.overlay.options import OVERLAY, parse_options
from dockyard.network.host_view import HostView
from dockyard.network.networks import NetworkRecord


class OverlayPlanner:
    """See `drivers.planning.Planner`. What isn't of VXLAN is as with a bridge."""

    def __init__(self) -> None:
        self._bridge = BridgePlanner()

    def check(self, record: NetworkRecord) -> None:
        """Options that can't be read or honoured are refused."""
        parse_options(dict(record.options))
        self._bridge.check(record)

    def wants_gateway(self, record: NetworkRecord, version: int) -> bool:
        """As with a bridge: it is the containers' way out on each host."""
        return self._bridge.wants_gateway(record, version)

    def complete(self, record: NetworkRecord, host: HostView, others: Sequence[NetworkRecord]) -> NetworkRecord:
        """A number that no other network of this engine has, and a bridge.

        Raises:
            Forbidden: another network has the number, or the bridge.
            InvalidParameter: the link is no bridge.
        """
        vni = parse_options(dict(record.options)).vni
        for other in others:
            if other.driver == OVERLAY and not other.config_only and parse_options(dict(other.options)).vni == vni:
                raise Forbidden(f"vxlan id {vni} is in use by network {other.name}")
        return self._bridge.complete(record, host, others)
