"""Other firewalls on the host drop by policy: containers have their network all the same, and operators their say."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import (
    HOST_ADDRESS,
    OUTSIDE_ADDRESS,
    SimulatedHost,
    connect_tcp,
    listen_tcp,
    nft,
)
from tests.integration.network.test_published_ports import UNREACHABLE, talk

from dockyard.linux import network_namespace
from dockyard.linux.netlink.monitor import Monitor
from dockyard.network.attachment import PortRequest
from dockyard.network.request import NetworkRequest

pytestmark = pytest.mark.root

WEB = PortRequest("tcp", 80, "", 8080, 8080)

# What iptables-nft makes of `-P FORWARD DROP`, `-N DOCKER-USER`, `-A FORWARD -j DOCKER-USER`.
DOCKERD = """
table ip filter {
  chain DOCKER-USER { counter return; }
  chain FORWARD { type filter hook forward priority filter; policy drop; counter jump DOCKER-USER; }
}
"""
UFW = """
table ip filter {
  chain FORWARD { type filter hook forward priority filter; policy drop; }
}
"""


@pytest.mark.parametrize("rules", [DOCKERD, UFW])
def test_containers_get_through(make_engine: Callable[..., OneEngine], host: SimulatedHost, rules: str) -> None:
    nft(host, rules)
    engine = make_engine()
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)
    outside = host.outside(partial(listen_tcp, 7000))
    talk(host.inside(path, partial(connect_tcp, OUTSIDE_ADDRESS, 7000)), outside)


def test_what_the_operator_forbids_in_docker_user_stays_forbidden(
    make_engine: Callable[..., OneEngine], host: SimulatedHost
) -> None:
    nft(host, DOCKERD)
    nft(host, f"insert rule ip filter DOCKER-USER ip saddr {OUTSIDE_ADDRESS} counter drop")
    engine = make_engine()
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    with pytest.raises(UNREACHABLE):
        host.outside(partial(connect_tcp, HOST_ADDRESS, 8080, timeout_seconds=0.5))
    talk(host.run(connect_tcp, HOST_ADDRESS, 8080), listener)


def test_a_reload_is_noticed_and_nothing_is_left_at_the_end(
    make_engine: Callable[..., OneEngine], host: SimulatedHost, wait_until
) -> None:
    nft(host, DOCKERD)
    before = nft(host, "list table ip filter")
    engine = make_engine()
    assert nft(host, "list table ip filter").count("dockyard docker0") == 2
    nft(host, "delete table ip filter\n" + DOCKERD)
    wait_until(lambda: nft(host, "list table ip filter").count("dockyard docker0") == 2)
    engine.call(engine.controller.reassert)
    assert nft(host, "list table ip filter").count("dockyard docker0") == 2
    engine.close()
    assert nft(host, "list table ip filter") == before
    engine.start(())


def test_containers_get_through_by_ipv6(engine: OneEngine, host: SimulatedHost) -> None:
    rules = UFW.replace("table ip ", "table ip6 ")
    nft(host, rules)
    engine.call(engine.controller.create_network, NetworkRequest("six", enable_ipv6=True))
    engine.call(engine.controller.create_network, NetworkRequest("other", enable_ipv6=True))
    path, _ = engine.container(network="six")
    closed, other = engine.container(network="other", name="other")
    listener = host.inside(closed, partial(listen_tcp, 80, "::"))
    assert nft(host, "list table ip6 filter").count("dockyard br-") == 4
    host.run(connect_tcp, other.ipv6, 80).close()
    listener.accept()[0].close()
    with pytest.raises(UNREACHABLE):
        host.inside(path, partial(connect_tcp, other.ipv6, 80, timeout_seconds=0.5))
    listener.close()


def test_a_host_that_begins_to_forward_ipv6_is_nobodys_router(engine: OneEngine, host: SimulatedHost) -> None:
    host.run(network_namespace.write_sysctl, "ipv6/conf/all/forwarding", "0")
    host.run(network_namespace.write_sysctl, "ipv6/conf/uplink/accept_ra", "1")
    engine.call(engine.controller.create_network, NetworkRequest("six", enable_ipv6=True))
    assert "policy drop" in nft(host, "list chain ip6 filter FORWARD")
    for name, value in (("all/forwarding", "1"), ("uplink/accept_ra", "2")):
        assert host.run(_read, f"/proc/sys/net/ipv6/conf/{name}") == value


def _read(path: str) -> str:
    with open(path) as file:
        return file.read().strip()


def test_a_policy_that_comes_later_is_noticed(engine: OneEngine, host: SimulatedHost, wait_until) -> None:
    nft(host, UFW)
    wait_until(lambda: nft(host, "list table ip filter").count("dockyard docker0") == 2)


def test_a_chain_of_somebodys_own_is_named_and_not_edited(
    make_engine: Callable[..., OneEngine], host: SimulatedHost, caplog: pytest.LogCaptureFixture
) -> None:
    own = "table inet mine {\n\tchain onward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n"
    nft(host, own)
    make_engine()
    assert "chain onward of table inet mine drops what it doesn't know" in caplog.text
    assert nft(host, "list table inet mine") == own


def test_the_operators_chain_decides_and_stays(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine()
    path, attachment = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)
    rule = f"inet dockyard-user forward ip saddr {OUTSIDE_ADDRESS} meta l4proto tcp ct original proto-dst 8080 drop"
    nft(host, f"add rule {rule}")
    with pytest.raises(UNREACHABLE):
        host.outside(partial(connect_tcp, HOST_ADDRESS, 8080, timeout_seconds=0.5))
    engine.container(PortRequest("tcp", 80, "", 8081, 8081), name="other")
    engine.call(engine.controller.reassert)
    engine.end(attachment)
    engine.close()
    assert "proto-dst 8080" in nft(host, "list table inet dockyard-user")
    engine.start(())


def test_the_operators_chain_goes_with_the_last_engine_if_it_is_empty(
    make_engine: Callable[..., OneEngine], host: SimulatedHost, wait_until
) -> None:
    one, other = make_engine("one"), make_engine("other")
    assert "chain forward" in nft(host, "list table inet dockyard-user")
    one.close()
    assert "chain forward" in nft(host, "list table inet dockyard-user")
    nft(host, "delete table inet dockyard-user")
    wait_until(lambda: "dockyard-user" in nft(host, "list tables"))
    other.close()
    assert "dockyard-user" not in nft(host, "list tables")
    one.start(())
    other.start(())


def test_engines_that_mend_do_not_wake_each_other(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    """What an engine does to a table that is right is nothing that another one hears of."""
    engine = make_engine()
    heard: list[str] = []
    monitor = host.run(Monitor, lambda table: heard.append(table) or False, lambda _: False)
    host.run(monitor.start, lambda: None)
    try:
        for _ in range(3):
            engine.call(engine.controller.reassert)
        nft(host, "add table ip marker\ndelete table ip marker")
        deadline = time.monotonic() + 5
        while "marker" not in heard and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        monitor.close()
    assert heard == ["marker"]
