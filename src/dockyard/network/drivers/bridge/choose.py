"""Which link and which subnet the default bridge gets, so that engines side by side never share one.

A bridge of ours carries a mark, its alias: `dockyard:<data root>`. With it an engine knows its own bridge again after a
crash, and leaves alone what belongs to another: a dockerd's docker0, a bridge of an operator, that of an engine with
another data root, unless that data root is gone, which makes the bridge a leftover.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Interface, IPv6Interface, IPv6Network
from typing import Final

from dockyard.errors import InvalidParameter
from dockyard.linux.netlink.link import MAX_NAME_BYTES, Link
from dockyard.network.config import DEFAULT_BRIDGE, DEFAULT_MTU_BYTES, NetworkConfig
from dockyard.network.drivers.bridge.settings import BridgeSettings, Family
from dockyard.network.host_view import HostView
from dockyard.network.ipam.pools import Use, choose_subnet, own_ipv6_pools, parse_bip, parse_subnet
from dockyard.network.networks import NetworkRecord

_MARK: Final = "dockyard:"
_MAX_ALIAS_BYTES: Final = 255
_OWN_BRIDGE: Final = "dockyard"


def alias_for(data_root: str) -> str:
    """The mark of the engine with that data root; a long path is replaced by its hash."""
    alias = _MARK + os.path.abspath(data_root)
    if len(alias.encode()) > _MAX_ALIAS_BYTES:
        return _MARK + hashlib.sha256(alias.encode()).hexdigest()
    return alias


def choose_default_bridge(
    config: NetworkConfig, data_root: str, record: NetworkRecord, host: HostView, networks: Iterable[Use] = ()
) -> BridgeSettings:
    """Decide; nothing happens yet.

    Args:
        config: the operator's settings.
        data_root: marks our links.
        record: of the network, with what it had last.
        host: what is there.
        networks: subnets of the engine's other networks.

    Raises:
        InvalidParameter: a setting is impossible.
        NotFound: no subnet is free.
    """
    alias = alias_for(data_root)
    by_name = {link.name: link for link in host.links}
    name = _choose_name(config, record, alias, by_name)
    link = by_name.get(name)
    owned = link is None or _is_ours(link, alias)
    address = _choose_address(config, record, host, link, networks)
    pool = parse_subnet(config.fixed_cidr) if config.fixed_cidr else None
    if pool is not None and not pool.subnet_of(address.network):
        raise InvalidParameter(f"fixed CIDR {pool} is not part of the bridge's subnet {address.network}")
    gateway = config.default_gateway or str(address.ip)
    return BridgeSettings(
        link=name,
        owned=owned,
        alias=alias,
        ipv4=Family(
            subnet=address.network,
            address=str(address.ip),
            gateway=gateway,
            within=pool,
            reserved=(str(address.ip), gateway),
        ),
        ipv6=_ipv6(config, record, [*host.uses(without=link.link_index if link is not None else -1), *networks]),
        mtu=config.mtu or DEFAULT_MTU_BYTES,
        icc=config.icc,
        masquerade=config.ip_masq,
        host_ip=config.host_ip,
        default=True,
    )


def _choose_name(config: NetworkConfig, record: NetworkRecord, alias: str, by_name: dict[str, Link]) -> str:
    if config.bridge:
        check_link_name(config.bridge)
        link = by_name.get(config.bridge)
        if link is not None and link.kind != "bridge":
            raise InvalidParameter(f"device {config.bridge} is not a bridge")
        return config.bridge
    for name in _candidates(record, alias, by_name.values()):
        link = by_name.get(name)
        if link is None or (link.kind == "bridge" and _is_ours(link, alias)):
            return name
    raise AssertionError("the candidates never end")


def _candidates(record: NetworkRecord, alias: str, links: Iterable[Link]) -> Iterator[str]:
    yield from (link.name for link in links if link.kind == "bridge" and link.alias == alias)
    if record.link:
        yield record.link
    yield DEFAULT_BRIDGE
    number = 0
    while True:
        yield f"{_OWN_BRIDGE}{number}"
        number += 1


def _is_ours(link: Link, alias: str) -> bool:
    """Marked by this engine, or by one whose data root is gone."""
    if link.alias == alias:
        return True
    path = link.alias.removeprefix(_MARK)
    return link.alias.startswith(_MARK + "/") and not os.path.isdir(path)


def _choose_address(
    config: NetworkConfig, record: NetworkRecord, host: HostView, link: Link | None, networks: Iterable[Use]
) -> IPv4Interface:
    if config.bip:
        return parse_bip(config.bip)
    own = link.link_index if link is not None else -1
    for index, address in host.addresses:
        if index == own and isinstance(address, IPv4Interface):
            return address
    in_use = [*host.uses(without=own), *networks]
    if record.subnet and record.gateway:
        recorded = parse_subnet(record.subnet)
        if not any(recorded.overlaps(use.network) for use in in_use if _narrows(use)):
            return IPv4Interface(f"{record.gateway}/{recorded.prefixlen}")
    subnet = choose_subnet(config.default_address_pools, in_use)
    return IPv4Interface(f"{subnet[1]}/{subnet.prefixlen}")


def _ipv6(config: NetworkConfig, record: NetworkRecord, in_use: Iterable[Use]) -> Family | None:
    if not config.ipv6:
        return None
    within: IPv6Network | None = None
    if config.bip6:
        interface = IPv6Interface(config.bip6)
        subnet, address = interface.network, interface.ip
        within = IPv6Network(config.fixed_cidr_v6, strict=False) if config.fixed_cidr_v6 else None
    elif config.fixed_cidr_v6:
        subnet = IPv6Network(config.fixed_cidr_v6, strict=False)
        address = subnet[1]
    else:
        pools = [pool for pool in config.default_address_pools if ":" in pool.base] or own_ipv6_pools(record.id)
        subnet = IPv6Network(choose_subnet(pools, in_use, 6))
        address = subnet[1]
    if within is not None and not within.subnet_of(subnet):
        raise InvalidParameter(f"fixed CIDR {within} is not part of the bridge's subnet {subnet}")
    gateway = config.default_gateway_v6 or str(address)
    return Family(subnet, str(address), gateway, within, (str(address), gateway))


def _narrows(use: Use) -> bool:
    return use.network.version == 4 and use.network.prefixlen > 0


def check_link_name(name: str) -> None:
    """Refuse what the kernel or nftables wouldn't take as the name of a link.

    Raises:
        InvalidParameter: empty, too long, or with other characters than letters, digits, `.`, `_`, `-`.
    """
    plain = name.isascii() and all(character.isalnum() or character in "._-" for character in name)
    if not plain or not name or len(name) > MAX_NAME_BYTES or name in (".", ".."):
        raise InvalidParameter(f"invalid bridge name: {name!r}")
