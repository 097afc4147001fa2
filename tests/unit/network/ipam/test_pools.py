"""Which subnet a network gets."""

from ipaddress import IPv4Network, IPv6Network

import pytest

from dockyard.errors import InvalidParameter
from dockyard.network.config import DEFAULT_ADDRESS_POOLS, AddressPool
from dockyard.network.ipam.pools import Use, choose_subnet, parse_bip


@pytest.mark.parametrize(
    ("in_use", "chosen"),
    [
        ([], "172.17.0.0/16"),
        (["0.0.0.0/0"], "172.17.0.0/16"),
        (["172.17.5.0/24"], "172.18.0.0/16"),
        (["172.16.0.0/12"], "192.168.0.0/20"),
        (["172.16.0.0/12", "192.168.0.7/32"], "192.168.16.0/20"),
        (["172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16"], "172.20.0.0/16"),
        (["172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16", "172.20.0.0/16"], "172.21.0.0/16"),
    ],
)
def test_the_first_that_nobody_uses(in_use: list[str], chosen: str) -> None:
    uses = [Use(IPv4Network(text), "somebody") for text in in_use]
    assert choose_subnet(DEFAULT_ADDRESS_POOLS, uses) == IPv4Network(chosen)


def test_none_left() -> None:
    taken = [Use(IPv4Network("10.0.0.0/8"), "the route 10.0.0.0/8 of eth0")]
    told = (
        "all predefined address pools have been fully subnetted: 10.0.0.0/24 collides with the route 10.0.0.0/8 of eth0"
    )
    with pytest.raises(InvalidParameter, match=told):
        choose_subnet([AddressPool("10.0.0.0/24", 24)], taken)


@pytest.mark.parametrize(("base", "size"), [("10.0.0.0/24", 16), ("10.0.0.0/24", 31), ("10.0.0.1/24", 24), ("x", 24)])
def test_impossible_pools(base: str, size: int) -> None:
    with pytest.raises(InvalidParameter):
        choose_subnet([AddressPool(base, size)], [])


def test_bip() -> None:
    assert str(parse_bip("192.168.5.1/24")) == "192.168.5.1/24"


@pytest.mark.parametrize("bip", ["", "192.168.5.1", "192.168.5.0/24", "192.168.5.1/33", "docker0", "fd00::1/64"])
def test_impossible_bip(bip: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_bip(bip)


def test_a_size_of_ones_own() -> None:
    assert str(choose_subnet(DEFAULT_ADDRESS_POOLS, [], size=24)) == "172.17.0.0/24"
    with pytest.raises(InvalidParameter, match="invalid address pool"):
        choose_subnet([AddressPool("10.0.0.0/24", 24)], [], size=16)


def test_of_ipv6() -> None:
    pools = [*DEFAULT_ADDRESS_POOLS, AddressPool("fd00:1::/48", 64)]
    taken = [Use(IPv6Network("fd00:1::/64"), "network web")]
    assert str(choose_subnet(pools, taken, 6)) == "fd00:1:0:1::/64"


def test_what_is_in_use_is_stepped_over_at_once() -> None:
    """2⁶⁴ subnets of one address lie in one that is taken."""
    pools = [AddressPool("fd00:1::/48", 64)]
    taken = [Use(IPv6Network("fd00:1::/64"), "network web"), Use(IPv6Network("fd00:1:0:1::5/128"), "an address")]
    assert str(choose_subnet(pools, taken, 6, 128)) == "fd00:1:0:1::/128"
    assert str(choose_subnet(pools, taken, 6)) == "fd00:1:0:2::/64"
