"""Which networks a container is in, which of them publishes its ports, and what the network package is asked for."""

import msgspec
import pytest

from dockyard.engine.containers.config import (
    Config,
    EndpointConfig,
    EndpointIpamConfig,
    HostConfig,
    NetworkingConfig,
    PortBinding,
)
from dockyard.engine.containers.network_requests import (
    attach_requests,
    check_together,
    connected,
    publisher,
    wanted_networks,
)
from dockyard.engine.containers.record import Container, Endpoint
from dockyard.errors import InvalidParameter
from dockyard.network.attachment import Attachment, NetworkInfo, PortRequest, PublishedPort


def network(name: str, driver: str = "bridge", *, internal: bool = False) -> NetworkInfo:
    return NetworkInfo(f"id-{name}", name, "now", driver, internal=internal)


def container(mode: str, wanted: dict[str, EndpointConfig | None] | None = None) -> Container:
    return Container(
        id="0123456789abcdef" * 4,
        name="web",
        created_at_ns=0,
        path="sh",
        args=(),
        config=Config(hostname="front"),
        host_config=HostConfig(network_mode=mode, port_bindings={"80/tcp": (PortBinding("", "8080"),)}),
        image_id="i",
        driver="overlay2",
        networking=NetworkingConfig(endpoints_config=wanted),
        endpoints=(Endpoint("bridge", "n"),),
    )


def test_that_of_the_mode_comes_first() -> None:
    assert list(wanted_networks(container("b", {"a": EndpointConfig(), "b": None}))) == ["b", "a"]
    assert list(wanted_networks(container("bridge", {"a": EndpointConfig()}))) == ["a"]
    assert wanted_networks(container("container:x")) == {}


def test_records_of_old_name_none() -> None:
    assert list(wanted_networks(container("default"))) == ["bridge"]
    taken_out = msgspec.structs.replace(container("bridge", {}), endpoints=())
    assert wanted_networks(taken_out) == {}


@pytest.mark.parametrize(
    ("networks", "priorities", "found"),
    [
        ([network("b"), network("a")], {}, "a"),
        ([network("b"), network("a")], {"b": 1}, "b"),
        ([network("a", internal=True), network("b")], {"a": 9}, "b"),
        ([network("a", "macvlan"), network("b")], {}, "b"),
        ([network("a", "macvlan")], {}, None),
    ],
)
def test_who_publishes(networks: list[NetworkInfo], priorities: dict[str, int], found: str | None) -> None:
    wanted = {one.name: EndpointConfig(gw_priority=priorities.get(one.name, 0)) for one in networks}
    assert publisher(wanted, {one.name: one for one in networks}) == found


@pytest.mark.parametrize(
    ("mode", "drivers"),
    [
        ("bridge", ["bridge", "host"]),
        ("host", ["bridge"]),
        ("host", ["host", "bridge"]),
        ("none", ["null", "bridge"]),
    ],
)
def test_what_does_not_go_together(mode: str, drivers: list[str]) -> None:
    with pytest.raises(InvalidParameter):
        check_together(mode, drivers)


@pytest.mark.parametrize(("mode", "drivers"), [("host", ["host"]), ("none", ["null"]), ("a", ["bridge", "macvlan"])])
def test_what_does(mode: str, drivers: list[str]) -> None:
    check_together(mode, drivers)


def test_requests() -> None:
    endpoint = EndpointConfig(
        ipam_config=EndpointIpamConfig("10.1.0.9", "fd00::9", ("169.254.1.1",)),
        mac_address="02:00:00:00:00:01",
        aliases=("alias", "web"),
        links=("db:data", "cache"),
        driver_opts={"a": "b"},
        gw_priority=3,
    )
    record = container("mine", {"mine": endpoint, "bridge": None})
    mine, default = attach_requests(record, "s", {"mine": network("mine"), "bridge": network("bridge")})
    assert (mine.network, mine.mac, mine.ipv4, mine.ipv6) == ("id-mine", "02:00:00:00:00:01", "10.1.0.9", "fd00::9")
    assert mine.dns_names == ("web", "alias", "0123456789ab", "front")
    assert mine.links == (("data", "db"), ("cache", "cache"))
    assert (mine.gw_priority, mine.driver_opts, mine.link_local) == (3, (("a", "b"),), ("169.254.1.1",))
    assert mine.ports == (PortRequest("tcp", 80, "", 8080, 8080),)
    assert (default.network, default.dns_names, default.ports, default.mac) == ("id-bridge", (), (), None)
    off = HostConfig(network_mode="mine", sysctls={"net.ipv6.conf.all.disable_ipv6": "1"})
    (request,) = attach_requests(
        msgspec.structs.replace(container("mine", {"mine": None}), host_config=off), "s", {"mine": network("mine")}
    )
    assert request.without_ipv6


def test_what_a_record_says_of_what_came_out() -> None:
    attachment = Attachment(
        *("c", "web", "s", "e", "mine", "id-mine", "bridge"),
        ipv4="10.1.0.9",
        prefix_length=16,
        ports=(PublishedPort("tcp", 80, "0.0.0.0", 0),),
        dns_names=("web",),
    )
    record = connected(container("mine"), [attachment])
    assert record.ports == {"80/tcp": (("0.0.0.0", ""),)}
    (endpoint,) = record.endpoints
    assert (endpoint.ip_address, endpoint.ip_prefix_len, endpoint.dns_names) == ("10.1.0.9", 16, ("web",))
    assert connected(record, []).ports == {}
