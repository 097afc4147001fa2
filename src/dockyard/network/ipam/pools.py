"""Choosing the subnet of a new network: the first of the pools that nobody on this host uses. Pure."""

import hashlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Interface, IPv4Network, IPv6Network, ip_network
from typing import NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.network.config import AddressPool

Network = IPv4Network | IPv6Network
_COLLISIONS_TOLD = 8
_OWN_SUBNET_BITS = 64


class Use(NamedTuple):
    """Addresses that are taken, and by whom: "network web", "route 10.0.0.0/8 of eth0"."""

    network: Network
    by: str


def choose_subnet(pools: Iterable[AddressPool], in_use: Iterable[Use], version: int = 4, size: int = 0) -> Network:
    """The first subnet of the pools, in order, that overlaps none of `in_use`.

    Args:
        pools: ranges and sizes to cut them into.
        in_use: routes and addresses of the host, subnets of other networks. A default route (/0) doesn't count.
        version: 4 or 6, of the subnet wanted.
        size: prefix length of the subnet wanted; 0 is that of the pool.

    Raises:
        InvalidParameter: all are in use, and by whom; no pool is large enough; or a pool is impossible.
    """
    taken = [use for use in in_use if use.network.prefixlen > 0 and use.network.version == version]
    collisions: list[str] = []
    fits = False
    for base, length in _ranges(pools, version, size):
        fits = True
        step = 1 << (base.max_prefixlen - length)
        number, last = int(base.network_address), int(base.broadcast_address)
        while number <= last:
            candidate = IPv4Network((number, length)) if version == 4 else IPv6Network((number, length))
            use = next((use for use in taken if use.network.overlaps(candidate)), None)
            if use is None:
                return candidate
            if len(collisions) < _COLLISIONS_TOLD:
                collisions.append(f"{candidate} collides with {use.by}")
            # Not one by one: what is in use may be larger than 2⁶⁴ of what is wanted.
            number = max(number + step, -(-(int(use.network.broadcast_address) + 1) // step) * step)
    if not fits:
        raise InvalidParameter("invalid address pool")
    reason = f": {', '.join(collisions)}" if collisions else ""
    raise InvalidParameter(f"all predefined address pools have been fully subnetted{reason}")


def own_ipv6_pools(seed: str) -> tuple[AddressPool, ...]:
    """Where IPv6 subnets come from if the operator names no pools: a range that is nobody else's (RFC 4193, 3.2).

    Args:
        seed: something random that stays; the same seed gives the same range.
    """
    bits = 0xFD << 120 | int.from_bytes(hashlib.sha256(seed.encode()).digest()[:5], "big") << 80
    return (AddressPool(str(IPv6Network((bits, 48))), _OWN_SUBNET_BITS),)


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
        InvalidParameter: not a network of IPv4.
    """
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise InvalidParameter(f"invalid CIDR address: {text}") from error


def _ranges(pools: Iterable[AddressPool], version: int, size: int) -> Iterator[tuple[Network, int]]:
    """The pools of that IP version that can be cut into subnets of `size`, and the prefix length of those."""
    for pool in pools:
        try:
            base = ip_network(pool.base)
        except ValueError as error:
            raise InvalidParameter(f"invalid CIDR address: {pool.base}") from error
        if not base.prefixlen <= pool.size <= base.max_prefixlen - 2:
            raise InvalidParameter(f"invalid default address pool: {pool.base} can't be cut into /{pool.size}")
        if base.version == version and (not size or base.prefixlen <= size <= base.max_prefixlen):
            yield base, size or pool.size
