"""What a user's bridge network is, from its record. Pure.

The bridge is called `br-` and the beginning of the network's id, unless the user names it. It has a mark like that of
the default bridge, with the network's id in it: what is marked and belongs to no network any more is a leftover.
"""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import Final

from dockyard.errors import Forbidden, InvalidParameter
from dockyard.network.attachment import Subnet
from dockyard.network.config import DEFAULT_MTU_BYTES
from dockyard.network.drivers.bridge.choose import alias_for
from dockyard.network.drivers.bridge.options import BridgeOptions, parse_options
from dockyard.network.drivers.bridge.settings import BridgeSettings, Family
from dockyard.network.firewall.rules import ISOLATED
from dockyard.network.host_view import HostView
from dockyard.network.networks import NetworkRecord

DEFAULT_GATEWAY: Final = "DefaultGatewayIPv4"
DEFAULT_GATEWAY_IPV6: Final = "DefaultGatewayIPv6"
"""Names of auxiliary addresses that mean: the gateway of containers when it isn't the bridge."""

_ID_DIGITS: Final = 12


def alias_of(data_root: str, network_id: str) -> str:
    """The mark of a network's bridge."""
    return alias_for(f"{data_root}#{network_id[:_ID_DIGITS]}")


class BridgePlanner:
    """See `drivers.planning.Planner`."""

    def check(self, record: NetworkRecord) -> None:
        """Options that can't be read, and more than one subnet of a family, are refused."""
        parse_options(dict(record.options), internal=record.internal)
        versions = [":" in block.subnet for block in record.subnets]
        if len(versions) != len(set(versions)):
            raise Forbidden("bridge driver doesn't support multiple subnets")

    def wants_gateway(self, record: NetworkRecord, version: int) -> bool:
        """Not where nobody would have the address, or need it."""
        options = parse_options(dict(record.options), internal=record.internal)
        if version == 6:
            return options.mode6 != ISOLATED
        return options.mode4 != ISOLATED and not (options.inhibit_ipv4 and record.internal)

    def complete(self, record: NetworkRecord, host: HostView, others: Sequence[NetworkRecord]) -> NetworkRecord:
        """A bridge that isn't another network's; one that an operator has made is used, and left when the network goes.

        Raises:
            Forbidden: the link is that of another network.
            InvalidParameter: the link is no bridge.
        """
        options = parse_options(dict(record.options), internal=record.internal)
        link = options.name or f"br-{record.id[:_ID_DIGITS]}"
        for other in others:
            if other.link == link:
                raise Forbidden(
                    f"cannot create network {record.id} ({link}): conflicts with network {other.id} ({link}): "
                    "networks have same bridge name"
                )
        existing = next((entry for entry in host.links if entry.name == link), None)
        if existing is not None and existing.kind != "bridge":
            raise InvalidParameter(f"existing interface {link} is not a bridge")
        if existing is not None and existing.alias.startswith("dockyard:"):
            raise Forbidden(f"cannot create network {record.id} ({link}): another engine has made that bridge")
        return replace(record, link=link, made_link=existing is None)


def settings_of(record: NetworkRecord, data_root: str) -> BridgeSettings:
    """What the bridge of a record shall be."""
    options = parse_options(dict(record.options), internal=record.internal)
    families = {ip_network(block.subnet).version: _family(record, options, block) for block in record.subnets}
    return BridgeSettings(
        link=record.link,
        owned=record.made_link,
        alias=alias_of(data_root, record.id),
        ipv4=families.get(4),
        ipv6=families.get(6),
        mtu=options.mtu or DEFAULT_MTU_BYTES,
        icc=options.icc,
        masquerade=options.masquerade,
        host_ip=options.host_ip,
        default=False,
        internal=record.internal,
        trusted=options.trusted,
        interface_prefix=options.interface_prefix,
    )


def _family(record: NetworkRecord, options: BridgeOptions, block: Subnet) -> Family:
    subnet = ip_network(block.subnet)
    auxiliary = dict(block.aux_addresses)
    ipv4 = subnet.version == 4
    mode = options.mode4 if ipv4 else options.mode6
    addressless = mode == ISOLATED or (ipv4 and options.inhibit_ipv4)
    other_gateway = auxiliary.get(DEFAULT_GATEWAY if ipv4 else DEFAULT_GATEWAY_IPV6)
    return Family(
        subnet=subnet,
        address="" if addressless else block.gateway,
        gateway="" if record.internal else other_gateway or block.gateway,
        within=ip_network(block.ip_range) if block.ip_range else None,
        reserved=tuple(one for one in (block.gateway, *auxiliary.values()) if one),
        mode=mode,
        source=options.source4 if ipv4 else options.source6,
    )
