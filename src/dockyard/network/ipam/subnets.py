"""The subnets of a new network: what was asked for is checked, what was left open is chosen. Pure.

The checks and their words are those of `docker network create`; see
https://docs.docker.com/reference/cli/docker/network/create/#specify-advanced-options
"""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface, ip_network

from dockyard.errors import DockyardError, Forbidden, InvalidParameter, SystemFailure
from dockyard.network.attachment import Subnet
from dockyard.network.config import AddressPool
from dockyard.network.ipam.addresses import Addresses
from dockyard.network.ipam.pools import Network, Use, choose_subnet

LINK_LOCAL = ip_network("fe80::/64")
_OVERLAP = "invalid pool request: Pool overlaps with other one on this address space"


def check_subnets(requested: Iterable[Subnet], *, enable_ipv6: bool) -> None:
    """Refuse what contradicts itself; all contradictions are told at once.

    Raises:
        InvalidParameter: an address, range or subnet can't be what it is called.
    """
    faults: list[str] = []
    for block in requested:
        version = 6 if ":" in block.subnet else 4
        if version == 6 and not enable_ipv6:
            continue
        faults += _faults(block)
    if faults:
        raise InvalidParameter("invalid network config:\n" + "\n".join(faults))


def _faults(block: Subnet) -> list[str]:
    if block == Subnet():
        return []  # the whole block is left open
    subnet = _network(block.subnet)
    if subnet is None:
        return [f"invalid subnet {block.subnet}: invalid CIDR block notation"]
    faults: list[str] = []
    if ip_interface(block.subnet).ip != subnet.network_address:
        faults.append(f"invalid subnet {block.subnet}: it should be {subnet}")
    if block.ip_range:
        faults += _range_faults(block.ip_range, subnet)
    if block.gateway and (fault := _address_fault(block.gateway, subnet)):
        faults.append(f"invalid gateway {block.gateway}: {fault}")
    for name, address in block.aux_addresses:
        if fault := _address_fault(address, subnet):
            faults.append(f"invalid auxiliary address {name}: {fault}")
    return faults


def _network(text: str) -> Network | None:
    """The network that an address with a prefix is in; None if the text is no such thing."""
    try:
        return ip_network(text, strict=False) if "/" in text and "%" not in text else None
    except ValueError:
        return None


def _range_faults(text: str, subnet: Network) -> list[str]:
    ip_range = _network(text)
    if ip_range is None:
        return [f"invalid ip-range {text}: invalid CIDR block notation"]
    if ip_range.version != subnet.version:
        return [f"invalid ip-range {text}: parent subnet is an IPv{subnet.version} block"]
    faults = []
    if ip_range.prefixlen < subnet.prefixlen:
        faults.append(f"invalid ip-range {text}: CIDR block is bigger than its parent subnet {subnet}")
    if ip_interface(text).ip != ip_range.network_address:
        faults.append(f"invalid ip-range {text}: it should be {ip_range}")
    if not subnet.overlaps(ip_range):
        faults.append(f"invalid ip-range {text}: parent subnet {subnet} doesn't contain ip-range")
    return faults


def _address_fault(text: str, subnet: Network) -> str:
    address = parse_address(text)
    if address is None:
        return "invalid address"
    if address.version != subnet.version:
        return f"parent subnet is an IPv{subnet.version} block"
    return "" if address in subnet else f"parent subnet {subnet} doesn't contain this address"


def allocate(
    requested: Iterable[Subnet],
    version: int,
    *,
    pools: Iterable[AddressPool],
    in_use: Iterable[Use],
    networks: Iterable[Network],
    with_gateway: bool,
) -> tuple[Subnet, ...]:
    """The blocks of one address family as they come out; one from the pools if none was asked for.

    Args:
        requested: blocks that `check_subnets` has passed, of both families.
        version: 4 or 6.
        pools: where a subnet comes from that was left open.
        in_use: what such a subnet must not overlap.
        networks: subnets of other networks, which not even a subnet that was asked for may overlap.
        with_gateway: choose a gateway where none was asked for.

    Raises:
        Forbidden: a subnet is that of another network.
        InvalidParameter: the pools are used up.
        SystemFailure: the gateway or an auxiliary address can't be had.
    """
    wanted = [block for block in requested if _version(block) == version] or [Subnet()]
    taken = list(networks)
    found: list[Subnet] = []
    for block in wanted:
        wish = ip_network(block.subnet) if block.subnet else None
        if wish is not None and wish.prefixlen == 0:
            raise Forbidden(_OVERLAP)  # it is everybody's
        if wish is None or wish.network_address.is_unspecified:
            uses = [*in_use, *(Use(other, "another subnet of the network") for other in taken)]
            subnet = choose_subnet(pools, uses, version, wish.prefixlen if wish is not None else 0)
        else:
            subnet = wish
            if any(other.version == version and other.overlaps(subnet) for other in taken):
                raise Forbidden(_OVERLAP)
            if version == 6 and subnet != LINK_LOCAL and subnet.overlaps(LINK_LOCAL):
                raise InvalidParameter(f"'{subnet}' clashes with the Link-Local prefix 'fe80::/64'")
        taken.append(subnet)
        found.append(_with_addresses(block, subnet, with_gateway=with_gateway))
    return tuple(found)


def _with_addresses(block: Subnet, subnet: Network, *, with_gateway: bool) -> Subnet:
    within = ip_network(block.ip_range) if block.ip_range else None
    pool = Addresses(subnet, within=within)
    gateway = block.gateway
    if gateway or with_gateway:
        try:
            gateway = pool.take(gateway or None)
        except DockyardError as error:
            raise SystemFailure(f"failed to allocate gateway ({gateway}): {error}") from error
    for name, address in block.aux_addresses:
        try:
            pool.take(address)
        except DockyardError as error:
            raise SystemFailure(f"failed to allocate secondary ip address ({name}:{address}): {error}") from error
    named = bool(block.subnet) and not ip_network(block.subnet).network_address.is_unspecified
    implied = named and bool(gateway) and not block.gateway
    return replace(block, subnet=str(subnet), gateway=gateway, implied_gateway=implied)


def _version(block: Subnet) -> int:
    return 6 if ":" in block.subnet else 4


def broadcast_of(address: str, prefix_length: int) -> str | None:
    """The broadcast address beside an address; None for IPv6, and where a subnet has none."""
    interface = ip_interface(f"{address}/{prefix_length}")
    if interface.version == 6 or prefix_length >= 31:
        return None
    return str(interface.network.broadcast_address)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, or None if it is none; one with a zone belongs to a link, and is none here."""
    try:
        return ip_address(text) if "%" not in text else None
    except ValueError:
        return None
