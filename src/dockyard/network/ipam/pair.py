"""The addresses of an endpoint, one of each family that its network has; both or none. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.network.ipam.addresses import Addresses, Network

Block = tuple[Network, Network | None, Iterable[str]]
"""A subnet, the part of it for containers (None is all), and addresses that no container gets."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an endpoint got; "" and 0 where the network has no such family."""

    ipv4: str = ""
    prefix_length: int = 0
    ipv6: str = ""
    ipv6_prefix_length: int = 0


class AddressPair:
    """What is free in the subnets of a network. Not for several threads at a time: its owner has a lock."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        """Nothing is given out yet; a family may have several blocks, and its first with a free address is used."""
        pools = [Addresses(subnet, reserved=reserved, within=within) for subnet, within, reserved in blocks]
        self._pools = {version: [one for one in pools if one.subnet.version == version] for version in (4, 6)}

    def take(self, ipv4: str | None = None, ipv6: str | None = None, *, without_ipv6: bool = False) -> Taken:
        """Addresses that nobody has: the wanted ones, or the lowest free; of IPv6 none if it isn't wanted.

        Raises:
            InvalidParameter, Forbidden, Unavailable: see `Addresses.take`; then nothing is taken.
        """
        first, first_length = self._take(4, ipv4)
        try:
            second, second_length = self._take(6, ipv6) if not without_ipv6 else ("", 0)
        except BaseException:
            self.release(first, "")
            raise
        return Taken(first, first_length, second, second_length)

    def release(self, ipv4: str, ipv6: str) -> None:
        """Give addresses back; "" is none."""
        for version, address in ((4, ipv4), (6, ipv6)):
            for pool in self._pools[version]:
                if address and pool.holds(address):
                    pool.release(address)

    @property
    def usage(self) -> tuple[tuple[str, int, int], ...]:
        """For each subnet how many addresses are in use or reserved, and how many are left."""
        return tuple((str(pool.subnet), *pool.usage) for pools in self._pools.values() for pool in pools)

    def _take(self, version: int, wanted: str | None) -> tuple[str, int]:
        pools = self._pools[version]
        if wanted:
            pools = [pool for pool in pools if pool.holds(wanted)]
            if not pools:
                raise InvalidParameter(f"no configured subnet contains IP address {wanted}")
        failure: DockyardError | None = None
        for pool in pools:
            try:
                return pool.take(wanted or None), pool.subnet.prefixlen
            except DockyardError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return "", 0
