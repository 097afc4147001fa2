"""The addresses of one subnet: each given out once, the lowest free first, so that small setups stay readable. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

from dockyard.errors import Forbidden, InvalidParameter, Unavailable

Network = IPv4Network | IPv6Network
_MOST = (1 << 64) - 1


class Addresses:
    """What is free in a subnet, of IPv4 or IPv6. Not for several threads at a time: its owner has a lock."""

    def __init__(self, subnet: Network, *, reserved: Iterable[str] = (), within: Network | None = None) -> None:
        """Nothing is given out yet.

        Args:
            subnet: the network; its own address and (IPv4) its broadcast address are never given out.
            reserved: gateway, auxiliary addresses and the like; those outside of the subnet don't matter.
            within: part of the subnet from which unnamed requests are answered (`--fixed-cidr`, `--ip-range`).
        """
        self.subnet = subnet
        pool = within or subnet
        self._first, self._last = int(pool.network_address), int(pool.broadcast_address)
        never = {int(ip_address(address)) for address in reserved}
        if subnet.prefixlen < subnet.max_prefixlen - 1:
            never.add(int(subnet.network_address))
            if subnet.version == 4:
                never.add(int(subnet.broadcast_address))
        self._never = frozenset(number for number in never if self._holds(number))
        self._taken = set(self._never)
        self._lowest = self._first

    def take(self, wanted: str | None = None) -> str:
        """An address that nobody has: `wanted`, or the lowest free one.

        Raises:
            InvalidParameter: `wanted` isn't an address of the subnet.
            Forbidden: `wanted` is in use.
            Unavailable: none is left.
        """
        if wanted is not None:
            number = self._number(wanted)
            if number in self._taken:
                raise Forbidden("Address already in use")
        else:
            number = self._lowest
            while number in self._taken:
                number += 1
            if number > self._last:
                raise Unavailable(
                    f"no available IPv{self.subnet.version} addresses on this network's address pools: {self.subnet}"
                )
            self._lowest = number + 1
        self._taken.add(number)
        return str(self._address(number))

    def release(self, address: str) -> None:
        """Give an address back; one that wasn't taken is fine."""
        number = self._number(address)
        if number in self._never:
            return
        self._taken.discard(number)
        if self._first <= number < self._lowest:
            self._lowest = number

    def holds(self, address: str) -> bool:
        """Whether the text is an address of the subnet."""
        try:
            return self._holds(int(type(self.subnet.network_address)(address)))
        except ValueError:
            return False

    @property
    def usage(self) -> tuple[int, int]:
        """How many addresses are in use or reserved, and how many are left for unnamed requests; at most 2⁶⁴-1."""
        taken = sum(self._first <= number <= self._last for number in self._taken)
        return min(len(self._taken), _MOST), min(self._last - self._first + 1 - taken, _MOST)

    def _holds(self, number: int) -> bool:
        return int(self.subnet.network_address) <= number <= int(self.subnet.broadcast_address)

    def _address(self, number: int) -> object:
        return type(self.subnet.network_address)(number)

    def _number(self, address: str) -> int:
        try:
            number = int(type(self.subnet.network_address)(address))
        except ValueError as error:
            raise InvalidParameter(f"invalid IPv{self.subnet.version} address: {address}") from error
        if not self._holds(number):
            raise InvalidParameter(f"no configured subnet contains IP address {address}")
        return number
