"""Every address once, the lowest free first."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dockyard.errors import Forbidden, InvalidParameter, Unavailable
from dockyard.network.ipam.addresses import Addresses


def addresses(subnet: str = "172.17.0.0/16", **more: IPv4Network) -> Addresses:
    network = IPv4Network(subnet)
    return Addresses(network, reserved=(str(network.network_address + 1),), **more)


def test_from_two_upwards_and_the_lowest_free_again() -> None:
    pool = addresses()
    assert [pool.take() for _ in range(3)] == ["172.17.0.2", "172.17.0.3", "172.17.0.4"]
    pool.release("172.17.0.3")
    assert [pool.take() for _ in range(2)] == ["172.17.0.3", "172.17.0.5"]


def test_a_wanted_address() -> None:
    pool = addresses()
    assert pool.take("172.17.0.3") == "172.17.0.3"
    with pytest.raises(Forbidden, match="Address already in use"):
        pool.take("172.17.0.3")
    assert [pool.take() for _ in range(2)] == ["172.17.0.2", "172.17.0.4"]


@pytest.mark.parametrize("wanted", ["10.0.0.1", "x", "", "172.17.0.300", "::1"])
def test_what_is_no_address_of_the_subnet(wanted: str) -> None:
    with pytest.raises(InvalidParameter):
        addresses().take(wanted)


@pytest.mark.parametrize("wanted", ["172.17.0.0", "172.17.255.255", "172.17.0.1"])
def test_network_broadcast_and_gateway_are_never_given_out(wanted: str) -> None:
    pool = addresses()
    pool.release(wanted)
    with pytest.raises(Forbidden):
        pool.take(wanted)


def test_none_left() -> None:
    pool = addresses("192.168.1.0/30")
    assert pool.take() == "192.168.1.2"
    with pytest.raises(Unavailable, match="no available IPv4 addresses"):
        pool.take()
    pool.release("192.168.1.2")
    assert pool.take() == "192.168.1.2"


def test_part_of_the_subnet() -> None:
    pool = addresses(within=IPv4Network("172.17.4.0/30"))
    assert [pool.take() for _ in range(4)] == [f"172.17.4.{number}" for number in range(4)]
    with pytest.raises(Unavailable):
        pool.take()
    assert pool.take("172.17.9.9") == "172.17.9.9"
    pool.release("172.17.9.9")
    with pytest.raises(Unavailable):
        pool.take()


class Model(RuleBasedStateMachine):
    """Against a set: what is given out twice, or not the lowest, is found."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = addresses("10.0.0.0/28")
        self.free = {f"10.0.0.{number}" for number in range(2, 15)}
        self.taken: set[str] = set()

    @rule()
    def take(self) -> None:
        if not self.free:
            with pytest.raises(Unavailable):
                self.pool.take()
            return
        expected = min(self.free, key=IPv4Address)
        assert self.pool.take() == expected
        self.free.remove(expected)
        self.taken.add(expected)

    @rule(number=st.integers(2, 14))
    def take_wanted(self, number: int) -> None:
        wanted = f"10.0.0.{number}"
        if wanted in self.taken:
            with pytest.raises(Forbidden):
                self.pool.take(wanted)
            return
        assert self.pool.take(wanted) == wanted
        self.free.remove(wanted)
        self.taken.add(wanted)

    @rule(number=st.integers(0, 15))
    def release(self, number: int) -> None:
        address = f"10.0.0.{number}"
        self.pool.release(address)
        if address in self.taken:
            self.taken.remove(address)
            self.free.add(address)

    @invariant()
    def nothing_twice(self) -> None:
        assert not self.free & self.taken


TestModel = Model.TestCase
