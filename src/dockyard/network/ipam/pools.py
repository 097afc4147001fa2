"""Choosing the subnet of a new network: the first of the pools that nobody on this host uses. Pure."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Interface, IPv4Network

from dockyard.errors import InvalidParameter, NotFound
from dockyard.network.config import AddressPool


def choose_subnet(pools: Iterable[AddressPool], in_use: Iterable[IPv4Network]) -> IPv4Network:
    """The first subnet of the pools, in order, that overlaps none of `in_use`.

    Args:
        pools: ranges and sizes to cut them into.
        in_use: routes and addresses of the host, subnets of other networks. A default route (/0) doesn't count.

    Raises:
        NotFound: all are in use; in Docker's words.
    """
    taken = [network for network in in_use if network.prefixlen > 0]
    for candidate in _candidates(pools):
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    raise NotFound(
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"
    )


def parse_bip(bip: str) -> IPv4Interface:
    """The bridge address of `--bip`, "192.168.1.5/24".

    Raises:
        InvalidParameter: not an address with a prefix, or the address of the network itself.
    """
    try:
        interface = IPv4Interface(bip)
    except ValueError as error:
        raise InvalidParameter(f"invalid CIDR address: {bip}") from error
    if "/" not in bip:
        raise InvalidParameter(f"invalid CIDR address: {bip}")
    if interface.network.prefixlen < 31 and interface.ip == interface.network.network_address:
        raise InvalidParameter(f"bip address {bip} is the address of its network: it needs a host part")
    return interface


def parse_subnet(text: str) -> IPv4Network:
    """A subnet as "10.1.0.0/16".

    Raises:
        InvalidParameter: not a network.
    """
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise InvalidParameter(f"invalid CIDR address: {text}") from error


def _candidates(pools: Iterable[AddressPool]) -> Iterator[IPv4Network]:
    for pool in pools:
        base = parse_subnet(pool.base)
        if not base.prefixlen <= pool.size <= 30:
            raise InvalidParameter(f"invalid default address pool: {pool.base} can't be cut into /{pool.size}")
        yield from base.subnets(new_prefix=pool.size)
