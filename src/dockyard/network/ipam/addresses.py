"""The addresses of one subnet: each given out once, the lowest free first, so that small setups stay readable. Pure."""

from ipaddress import AddressValueError, IPv4Address, IPv4Network

from dockyard.errors import Conflict, InvalidParameter, Unavailable


class Addresses:
    """What is free in a subnet. Not for several threads at a time: its owner has a lock."""

    def __init__(
        self, subnet: IPv4Network, *, reserved: tuple[IPv4Address, ...] = (), within: IPv4Network | None = None
    ) -> None:
        """Nothing is given out yet.

        Args:
            subnet: the network; its own address and its broadcast address are never given out.
            reserved: gateway and the like.
            within: part of the subnet from which unnamed requests are answered (`--fixed-cidr`, `--ip-range`).
        """
        self._subnet = subnet
        pool = within or subnet
        self._first, self._last = int(pool.network_address), int(pool.broadcast_address)
        never = {int(address) for address in reserved}
        if subnet.prefixlen < 31:
            never |= {int(subnet.network_address), int(subnet.broadcast_address)}
        self._never = frozenset(never)
        self._taken = set(never)
        self._lowest = self._first

    def take(self, wanted: str | None = None) -> str:
        """An address that nobody has: `wanted`, or the lowest free one.

        Raises:
            InvalidParameter: `wanted` isn't an address of the subnet.
            Conflict: `wanted` is in use.
            Unavailable: none is left.
        """
        if wanted is not None:
            number = self._number(wanted)
            if number in self._taken:
                raise Conflict("Address already in use")
        else:
            number = self._lowest
            while number in self._taken:
                number += 1
            if number > self._last:
                raise Unavailable(f"no available IPv4 addresses on this network's address pools: {self._subnet}")
            self._lowest = number + 1
        self._taken.add(number)
        return str(IPv4Address(number))

    def release(self, address: str) -> None:
        """Give an address back; one that wasn't taken is fine."""
        number = self._number(address)
        if number in self._never:
            return
        self._taken.discard(number)
        if self._first <= number < self._lowest:
            self._lowest = number

    def _number(self, address: str) -> int:
        try:
            number = int(IPv4Address(address))
        except AddressValueError as error:
            raise InvalidParameter(f"invalid IPv4 address: {address}") from error
        if not int(self._subnet.network_address) <= number <= int(self._subnet.broadcast_address):
            raise InvalidParameter(f"no configured subnet contains IP address {address}")
        return number
