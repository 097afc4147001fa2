"""Which parent a network of macvlan or ipvlan gets. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.network.drivers.parented.options import MACVLAN, PASSTHRU, parse_options, parse_vlan
from dockyard.network.host_view import HostView
from dockyard.network.networks import NetworkRecord

_NOWHERE: Final = {MACVLAN: "dm-", "ipvlan": "di-"}
_ID_DIGITS: Final = 12


class ParentedPlanner:
    """See `drivers.planning.Planner`."""

    def check(self, record: NetworkRecord) -> None:
        """Options that can't be read are refused."""
        parse_options(record.driver, dict(record.options))

    def wants_gateway(self, record: NetworkRecord, version: int) -> bool:  # noqa: ARG002
        """Never: what stands in the parent's network is the user's business."""
        return False

    def complete(self, record: NetworkRecord, host: HostView, others: Sequence[NetworkRecord]) -> NetworkRecord:
        """The parent that the user names, made if it is the link of a VLAN; or one that leads nowhere.

        Raises:
            InvalidParameter: there is no such parent, or another network has it for itself.
        """
        options = parse_options(record.driver, dict(record.options))
        if not options.parent:
            link = _NOWHERE[record.driver] + record.id[:_ID_DIGITS]
            return replace(record, link=link, made_link=True)
        same_parent = [other for other in others if other.link == options.parent and other.driver == record.driver]
        if record.driver == MACVLAN:
            _check_passthru(options.mode, options.parent, same_parent)
        present = {entry.name for entry in host.links}
        if options.parent in present:
            # Made for another network of ours: the last of them takes it away.
            made = any(other.made_link for other in same_parent)
            return replace(record, link=options.parent, made_link=made)
        below, _ = parse_vlan(options.parent)
        if below not in present:
            raise InvalidParameter(f"-o parent interface was not found on the host: {below}")
        return replace(record, link=options.parent, made_link=True)


def _check_passthru(mode: str, parent: str, same_parent: Sequence[NetworkRecord]) -> None:
    for other in same_parent:
        if mode == PASSTHRU:
            raise InvalidParameter(
                f"cannot use mode passthru, macvlan network {other.id} is already using parent interface {parent}"
            )
        if parse_options(other.driver, dict(other.options)).mode == PASSTHRU:
            raise InvalidParameter(
                f"macvlan network {other.id} is already using parent interface {parent} in mode passthru"
            )
