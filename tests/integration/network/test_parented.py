"""macvlan and ipvlan networks on a simulated host. A kernel without them must say so, and that is tested too."""

import errno
import socket
from collections.abc import Iterator
from functools import partial

import pytest
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import (
    HOST_ADDRESS,
    OUTSIDE_ADDRESS,
    SimulatedHost,
    connect_tcp,
    listen_tcp,
)
from tests.integration.network.test_restart import kill

from dockyard.errors import DockyardError, InvalidParameter, SystemFailure
from dockyard.linux.netlink import link, route, sublink
from dockyard.linux.netlink.socket import NetlinkError, NetlinkSocket
from dockyard.network.attachment import Attachment, Subnet
from dockyard.network.request import NetworkRequest
from dockyard.network.sandbox.links import UNFINISHED

pytestmark = pytest.mark.root


def has_kind(kind: str) -> bool:
    """Whether the kernel has links of that kind; asked for the way the driver asks."""
    rtnl = NetlinkSocket()
    try:
        rtnl.transact(sublink.probe(kind))
    except NetlinkError as error:
        return error.errno != errno.EOPNOTSUPP
    finally:
        rtnl.close()
    return True


needs_macvlan = pytest.mark.skipif(not has_kind("macvlan"), reason="the kernel has no macvlan links")


def make(engine: OneEngine, name: str, driver: str = "macvlan", **wanted: object) -> str:
    options = tuple(dict(wanted.pop("options", {})).items())  # type: ignore[call-overload]
    made, _ = engine.call(
        engine.controller.create_network, NetworkRequest(name=name, driver=driver, options=options, **wanted)
    )
    return made.id


@pytest.fixture
def on_uplink(engine: OneEngine) -> Iterator[str]:
    """A macvlan network in the segment of the host's uplink."""
    subnet = Subnet("198.51.100.0/24", OUTSIDE_ADDRESS, "198.51.100.64/26", (("host", HOST_ADDRESS),))
    yield make(engine, "lan", subnets=(subnet,), options={"parent": "uplink"})


@needs_macvlan
@pytest.mark.row("G5")
def test_a_container_stands_in_its_parents_network(engine: OneEngine, host: SimulatedHost, on_uplink: str) -> None:
    path, attachment = engine.container(network="lan", mac="02:99:00:00:00:01")
    assert (attachment.ipv4, attachment.gateway) == ("198.51.100.64", OUTSIDE_ADDRESS)
    listener = host.outside(partial(listen_tcp, 8000))
    client = host.inside(path, partial(connect_tcp, OUTSIDE_ADDRESS, 8000))
    served, (source, _) = listener.accept()
    assert source == attachment.ipv4
    for one in (client, served, listener):
        one.close()
    inside = host.inside(path, lambda: _links())
    assert inside["eth0"].mac == "02:99:00:00:00:01"
    assert host.inside(path, _default_gateways) == [OUTSIDE_ADDRESS]
    engine.end(attachment)
    assert engine.call(engine.controller.networks)[-1].containers == ()


@needs_macvlan
def test_without_parent_containers_have_only_each_other(engine: OneEngine, host: SimulatedHost) -> None:
    network_id = make(engine, "alone")
    first, one = engine.container(network="alone")
    second, _ = engine.container(network="alone", name="other")
    assert host.inside(first, _default_gateways) == []
    listener = host.inside(first, partial(listen_tcp, 80))
    host.inside(second, partial(connect_tcp, one.ipv4, 80)).close()
    listener.close()
    parent = f"dm-{network_id[:12]}"
    assert parent in host.links()
    for attachment in engine.controller.endpoints.all():
        engine.end(attachment)
    engine.call(engine.controller.remove_network, "alone")
    assert parent not in host.links()


@needs_macvlan
def test_connected_live_and_taken_away(engine: OneEngine, host: SimulatedHost, on_uplink: str) -> None:
    path, attachment = engine.container()
    more = engine.attach(attachment, network="lan", gw_priority=1)
    assert set(host.inside(path, _links)) == {"lo", "eth0", "eth1"}
    assert host.inside(path, _default_gateways) == [OUTSIDE_ADDRESS]
    engine.call(engine.controller.disconnect, more)
    assert set(host.inside(path, _links)) == {"lo", "eth0"}
    assert host.inside(path, _default_gateways) == [attachment.gateway]


@needs_macvlan
def test_what_a_killed_daemon_left_in_a_sandbox_goes(engine: OneEngine, host: SimulatedHost, on_uplink: str) -> None:
    path, living = engine.container()
    engine.attach(living, network="lan", gw_priority=1)  # made, and not recorded any more
    index = host.links()["uplink"].link_index

    def leave_unfinished() -> None:
        rtnl = NetlinkSocket()
        with open(path) as sandbox:
            unfinished = f"{UNFINISHED}x"
            made = sublink.add_macvlan(
                unfinished, index, mode="bridge", mac="02:99:00:00:00:07", namespace=sandbox.fileno()
            )
            rtnl.transact(made)
        rtnl.close()

    host.run(leave_unfinished)
    assert set(host.inside(path, _links)) == {"lo", "eth0", "eth1", f"{UNFINISHED}x"}
    kill(engine)
    engine.start((living,))
    assert set(host.inside(path, _links)) == {"lo", "eth0"}
    assert host.inside(path, _default_gateways) == [living.gateway]


@needs_macvlan
def test_parents_that_are_none(engine: OneEngine, host: SimulatedHost) -> None:
    for parent, message in (
        ("lo", "loopback interface is not a valid macvlan parent link"),
        ("nope", "invalid subinterface vlan name nope"),
        ("nope.5", "-o parent interface was not found on the host: nope"),
        ("uplink.5000", "vlan id must be between 1-4094"),
        ("a.b.c", "required interface name format"),
    ):
        with pytest.raises(InvalidParameter, match=message):
            make(engine, "x", options={"parent": parent})
    make(engine, "one", options={"parent": "uplink"})
    with pytest.raises(InvalidParameter, match="cannot use mode passthru"):
        make(engine, "x", options={"parent": "uplink", "macvlan_mode": "passthru"})
    names = [network.name for network in engine.call(engine.controller.networks)]
    assert names == ["bridge", "host", "none", "one"]


@pytest.mark.row("G5")
@pytest.mark.parametrize("driver", ["macvlan", "ipvlan"])
def test_a_kernel_without_them_says_so(engine: OneEngine, driver: str) -> None:
    if has_kind(driver):
        make(engine, "x", driver, options={"parent": "uplink"})
        _, attachment = engine.container(network="x")
        engine.end(attachment)
        return
    with pytest.raises(SystemFailure, match=f"the kernel of this host has no {driver} links"):
        make(engine, "x", driver, options={"parent": "uplink"})
    with pytest.raises(DockyardError):
        engine.container(network="x")


def _links() -> dict[str, link.Link]:
    rtnl = NetlinkSocket()
    try:
        return {entry.name: entry for entry in map(link.parse, rtnl.dump(link.get_all()))}
    finally:
        rtnl.close()


def _default_gateways() -> list[str | None]:
    rtnl = NetlinkSocket()
    try:
        routes = [route.parse(message) for message in rtnl.dump(route.get_all(socket.AF_INET))]
    finally:
        rtnl.close()
    return [entry.gateway for entry in routes if entry.prefix_length == 0 and entry.table == route.RT_TABLE_MAIN]


def test_the_value_is_complete(engine: OneEngine) -> None:
    """A field that the driver forgot to fill would be lost by a restart."""
    if not has_kind("macvlan"):
        pytest.skip("the kernel has no macvlan links")
    make(engine, "lan", options={"parent": "uplink"})
    wanted = {
        "dns_names": ("web", "w"),
        "links": (("a", "b"),),
        "gw_priority": 3,
        "driver_opts": (("x", "y"),),
        "link_local": ("169.254.1.1",),
    }
    _, attachment = engine.container(network="lan", **wanted)
    assert isinstance(attachment, Attachment)
    assert {name: getattr(attachment, name) for name in wanted} == wanted
