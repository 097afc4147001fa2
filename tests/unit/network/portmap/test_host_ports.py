"""Which host ports are given out, with a bind of the test's own."""

import errno
import os

import pytest

from dockyard.errors import SystemFailure
from dockyard.network.attachment import PortRequest, PublishedPort
from dockyard.network.portmap.host_ports import HostPorts


class Binder:
    """Binds nothing, and refuses what the test says another process has."""

    def __init__(self) -> None:
        self.foreign: dict[int, int] = {}
        self.bound: list[tuple[str, str, int]] = []

    def __call__(self, protocol: str, host_ip: str, port: int, target: tuple[str, int]) -> None:
        if port in self.foreign:
            raise OSError(self.foreign[port], os.strerror(self.foreign[port]))
        self.bound.append((protocol, host_ip, port))


@pytest.fixture
def binder() -> Binder:
    return Binder()


@pytest.fixture
def ports(binder: Binder) -> HostPorts:
    return HostPorts("0.0.0.0", (32768, 32770), binder, ipv6=False)


def tcp(first: int = 0, last: int = 0, host_ip: str = "") -> PortRequest:
    return PortRequest("tcp", 80, host_ip, first, last or first)


def take(ports: HostPorts, *requests: PortRequest) -> list[int]:
    return [published.host_port for published in ports.take(requests, "172.17.0.2")]


def test_explicit(ports: HostPorts, binder: Binder) -> None:
    assert ports.take([tcp(8080)], "172.17.0.2") == (PublishedPort("tcp", 80, "0.0.0.0", 8080),)
    assert binder.bound == [("tcp", "0.0.0.0", 8080)]


@pytest.mark.parametrize(
    ("first", "second"), [("", ""), ("", "127.0.0.1"), ("127.0.0.1", ""), ("127.0.0.1", "127.0.0.1")]
)
def test_taken_by_ourselves(ports: HostPorts, first: str, second: str) -> None:
    take(ports, tcp(8080, host_ip=first))
    with pytest.raises(SystemFailure) as caught:
        take(ports, tcp(8080, host_ip=second))
    assert str(caught.value) == f"Bind for {second or '0.0.0.0'}:8080 failed: port is already allocated"


def test_different_addresses_or_protocols_are_different_ports(ports: HostPorts) -> None:
    take(ports, tcp(8080, host_ip="127.0.0.1"), tcp(8080, host_ip="127.0.0.2"), PortRequest("udp", 80, "", 8080, 8080))


def test_taken_by_another_process(ports: HostPorts, binder: Binder) -> None:
    binder.foreign[8080] = errno.EADDRINUSE
    with pytest.raises(SystemFailure) as caught:
        take(ports, tcp(8080))
    reason = "failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use"
    assert str(caught.value) == reason


def test_all_or_nothing(ports: HostPorts, binder: Binder) -> None:
    binder.foreign[8081] = errno.EADDRINUSE
    with pytest.raises(SystemFailure):
        take(ports, tcp(8080), tcp(8081))
    assert take(ports, tcp(8080)) == [8080]


def test_a_range_gives_the_first_free(ports: HostPorts, binder: Binder) -> None:
    binder.foreign[8001] = errno.EADDRINUSE
    assert [take(ports, tcp(8000, 8003))[0] for _ in range(3)] == [8000, 8002, 8003]
    with pytest.raises(SystemFailure, match="all ports are allocated"):
        take(ports, tcp(8000, 8003))


def test_ephemeral_goes_onward_and_round(ports: HostPorts) -> None:
    first = ports.take([tcp()], "172.17.0.2")
    ports.release(first)
    assert take(ports, tcp(), tcp(), tcp()) == [32769, 32770, 32768]
    with pytest.raises(SystemFailure, match="all ports are allocated"):
        take(ports, tcp())


def test_ephemeral_skips_what_others_have(ports: HostPorts, binder: Binder) -> None:
    binder.foreign[32768] = errno.EADDRINUSE
    assert take(ports, tcp()) == [32769]


def test_an_address_that_is_not_ours(ports: HostPorts, binder: Binder) -> None:
    binder.foreign[32768] = errno.EADDRNOTAVAIL
    with pytest.raises(SystemFailure, match="cannot assign requested address"):
        take(ports, tcp(host_ip="203.0.113.1"))


def test_restored_ports_are_taken_even_if_they_cannot_be_bound(ports: HostPorts, binder: Binder) -> None:
    binder.foreign[8080] = errno.EADDRINUSE
    published = [PublishedPort("tcp", 80, "0.0.0.0", 8080), PublishedPort("tcp", 80, "0.0.0.0", 8081)]
    assert ports.restore(published, "172.17.0.2") == ["0.0.0.0:8080/tcp: address already in use"]
    for port in (8080, 8081):
        with pytest.raises(SystemFailure, match="port is already allocated"):
            take(ports, tcp(port))
    binder.foreign.clear()
    ports.release(published)
    ports.release(published)
    assert take(ports, tcp(8080)) == [8080]


def test_with_ipv6_a_port_is_taken_twice_or_not_at_all(binder: Binder) -> None:
    ports = HostPorts("0.0.0.0", (32768, 32770), binder, ipv6=True)
    published = ports.take([tcp(8080)], "172.17.0.2")
    assert [(entry.host_ip, entry.host_port) for entry in published] == [("0.0.0.0", 8080), ("::", 8080)]
    assert [entry.host_ip for entry in ports.take([tcp(8081, host_ip="127.0.0.1")], "172.17.0.2")] == ["127.0.0.1"]
    assert [entry.host_ip for entry in ports.take([tcp(8081, host_ip="::1")], "172.17.0.2")] == ["::1"]
    with pytest.raises(SystemFailure, match=r"Bind for \[::1\]:8080 failed: port is already allocated"):
        ports.take([tcp(8080, host_ip="::1")], "172.17.0.2")
    ports.release(published)
    assert len(ports.take([tcp(8080)], "172.17.0.2")) == 2


def test_an_address_by_default_has_no_ipv6_beside_it(binder: Binder) -> None:
    ports = HostPorts("127.0.0.1", (32768, 32770), binder, ipv6=True)
    assert [entry.host_ip for entry in ports.take([tcp(8080)], "172.17.0.2")] == ["127.0.0.1"]
