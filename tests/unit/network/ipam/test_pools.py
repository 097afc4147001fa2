"""Which subnet a network gets."""

from ipaddress import IPv4Network

import pytest

from dockyard.errors import InvalidParameter, NotFound
from dockyard.network.config import DEFAULT_ADDRESS_POOLS, AddressPool
from dockyard.network.ipam.pools import choose_subnet, parse_bip


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
    assert choose_subnet(DEFAULT_ADDRESS_POOLS, map(IPv4Network, in_use)) == IPv4Network(chosen)


def test_none_left() -> None:
    with pytest.raises(NotFound, match="could not find an available, non-overlapping IPv4 address pool"):
        choose_subnet([AddressPool("10.0.0.0/24", 24)], [IPv4Network("10.0.0.0/8")])


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
