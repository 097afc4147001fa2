"""What a container finds inside its sandbox, and what the host shows of it."""

import json
import os
import secrets
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

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
from tests.integration.network.test_restart import kill

from dockyard.errors import Conflict, Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.linux import network_namespace
from dockyard.linux.netlink import link
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.linux.nftables import ProgramNftables
from dockyard.network.attachment import Attachment, AttachRequest, PortRequest
from dockyard.network.config import NetworkConfig

pytestmark = pytest.mark.root


def ip(*arguments: str) -> Any:
    """What ip(8) says in the namespace of the calling thread."""
    done = subprocess.run(["ip", "-json", *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout or "[]")


def addresses(links: Any) -> dict[str, list[str]]:
    return {
        entry["ifname"]: [f"{address['local']}/{address['prefixlen']}" for address in entry["addr_info"]]
        for entry in links
    }


@pytest.mark.row("G1")
def test_the_default_bridge(engine: OneEngine, host: SimulatedHost) -> None:
    assert engine.info.announcement.startswith("Default bridge (docker0) is assigned with an IP address 172.17.0.0/16.")
    (shown,) = host.run(ip, "address", "show", "docker0")
    assert shown["flags"].count("UP") == 1
    (address,) = (entry for entry in shown["addr_info"] if entry["family"] == "inet")
    assert (address["local"], address["prefixlen"], address["broadcast"]) == ("172.17.0.1", 16, "172.17.255.255")
    assert shown["address"].startswith("02:42:")


@pytest.mark.row("G1")
def test_bip(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(bip="10.99.0.1/24", mtu=1400, fixed_cidr="10.99.0.128/25")
    assert (engine.info.address, engine.info.subnet) == ("10.99.0.1", "10.99.0.0/24")
    path, attachment = engine.container()
    assert attachment.ipv4 == "10.99.0.128"
    inside = host.inside(path, partial(ip, "address"))
    assert addresses(inside)["eth0"] == ["10.99.0.128/24"]
    assert [entry["mtu"] for entry in inside if entry["ifname"] == "eth0"] == [1400]


@pytest.mark.row("G2")
@pytest.mark.row("G3")
def test_inside(engine: OneEngine, host: SimulatedHost) -> None:
    path, attachment = engine.container()
    assert path == str(engine.root / "exec" / "netns" / attachment.sandbox_id)
    assert (attachment.ipv4, attachment.prefix_length, attachment.gateway) == ("172.17.0.2", 16, "172.17.0.1")
    assert attachment.mac == "02:42:ac:11:00:02"
    links = host.inside(path, partial(ip, "address"))
    assert addresses(links) == {"lo": ["127.0.0.1/8", "::1/128"], "eth0": ["172.17.0.2/16"]}
    assert {entry["ifname"]: entry["address"] for entry in links}["eth0"] == attachment.mac
    assert all("UP" in entry["flags"] for entry in links)
    routes = host.inside(path, partial(ip, "route"))
    assert {(route["dst"], route.get("gateway")) for route in routes} == {
        ("default", "172.17.0.1"),
        ("172.17.0.0/16", None),
    }
    listing = host.run(
        subprocess.run, ["nsenter", f"--net={path}", "ip", "-o", "link"], capture_output=True, check=True
    )
    assert b"eth0" in listing.stdout


def test_wanted_addresses(engine: OneEngine, host: SimulatedHost) -> None:
    path, attachment = engine.container(ipv4="172.17.9.9", mac="02:11:22:33:44:55")
    links = host.inside(path, partial(ip, "address"))
    assert addresses(links)["eth0"] == ["172.17.9.9/16"]
    assert {entry["ifname"]: entry["address"] for entry in links}["eth0"] == "02:11:22:33:44:55"
    with pytest.raises(Forbidden, match="Address already in use"):
        engine.container(ipv4="172.17.9.9")
    with pytest.raises(InvalidParameter):
        engine.container(ipv4="10.0.0.1")
    with pytest.raises(InvalidParameter):
        engine.container(mac="nonsense")
    engine.end(attachment)
    assert engine.container(ipv4="172.17.9.9")[1].ipv4 == "172.17.9.9"


def test_fifty_at_once_from_many_threads(engine: OneEngine, host: SimulatedHost) -> None:
    def start_all() -> list[Attachment]:
        with ThreadPoolExecutor(10) as pool:  # started on the host, so its threads are in the host's namespaces
            return list(pool.map(start, range(50)))

    def start(number: int) -> Attachment:
        sandbox_id = secrets.token_hex(32)
        engine.controller.create_sandbox(sandbox_id)
        request = AttachRequest(str(number), "c", sandbox_id, secrets.token_hex(32), ports=(PortRequest("tcp", 80),))
        return engine.controller.attach(request)

    attachments = host.run(start_all)
    assert len({attachment.ipv4 for attachment in attachments}) == 50
    assert len({attachment.ports[0].host_port for attachment in attachments}) == 50
    assert len({attachment.host_interface for attachment in attachments}) == 50
    for attachment in attachments:
        engine.end(attachment)
    assert engine.container()[1].ipv4 == "172.17.0.2"


def test_an_address_is_of_use_again_at_once(engine: OneEngine, host: SimulatedHost) -> None:
    """The old link may live for a moment, and the bridge learns late that the new one is up: no packet may be lost."""
    for _ in range(20):
        path, attachment = engine.container()
        assert attachment.ipv4 == "172.17.0.2"
        listener = host.inside(path, partial(listen_tcp, 80))
        talk(host.run(connect_tcp, "172.17.0.2", 80, timeout_seconds=0.9), listener)
        listener.close()
        outside = host.outside(partial(listen_tcp, 7000))
        talk(host.inside(path, partial(connect_tcp, OUTSIDE_ADDRESS, 7000, timeout_seconds=0.9)), outside)
        outside.close()
        engine.end(attachment)


def test_links_of_ended_containers_go(engine: OneEngine, host: SimulatedHost, wait_until) -> None:
    path, attachment = engine.container()
    held = host.run(os.open, path, os.O_RDONLY)  # as a process that joined the namespace and lives on
    engine.end(attachment)
    wait_until(lambda: attachment.host_interface not in host.links())
    os.close(held)


def test_without_icc(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(icc=False)
    path, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    other, _ = engine.container(name="other")
    listener = host.inside(path, partial(listen_tcp, 80))
    with pytest.raises(UNREACHABLE):
        host.inside(other, partial(connect_tcp, attachment.ipv4, 80, timeout_seconds=0.5))
    talk(host.run(connect_tcp, attachment.ipv4, 80), listener)
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)


def test_without_icc_links_open_the_ports_that_they_name(
    make_engine: Callable[..., OneEngine], host: SimulatedHost
) -> None:
    engine = make_engine(icc=False)
    server, one = engine.container(name="server")
    port_80 = ((one.container_id, "tcp", 80),)
    client, linked = engine.container(name="client", linked=port_80)
    stranger, _ = engine.container(name="stranger")
    listener, other = host.inside(server, partial(listen_tcp, 80)), host.inside(server, partial(listen_tcp, 81))

    def refused(path: str, address: str, port: int) -> None:
        with pytest.raises(UNREACHABLE):
            host.inside(path, partial(connect_tcp, address, port, timeout_seconds=0.3))

    assert talk(host.inside(client, partial(connect_tcp, one.ipv4, 80)), listener) == linked.ipv4
    refused(client, one.ipv4, 81)
    refused(stranger, one.ipv4, 80)
    refused(server, linked.ipv4, 80)
    # Rules that somebody flushed come back with it, and a killed daemon knows it from the record.
    nft(host, "flush ruleset")
    engine.call(engine.controller.reassert)
    talk(host.inside(client, partial(connect_tcp, one.ipv4, 80)), listener)
    # When the server goes, whoever gets its address isn't linked; when it comes back elsewhere, it is.
    engine.end(one)
    usurper, usurping = engine.container(name="usurper")
    assert usurping.ipv4 == one.ipv4
    listener.close()
    listener = host.inside(usurper, partial(listen_tcp, 80))
    refused(client, usurping.ipv4, 80)
    engine.container(name="elsewhere", container_id=one.container_id)
    assert nft(host, "list set ip dockyard-docker0 linked").count("172.17.0.5 . tcp . 80") == 1
    for each in (listener, other):
        each.close()


def test_without_masquerade(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(ip_masq=False)
    path, attachment = engine.container()
    listener = host.outside(partial(listen_tcp, 7000))
    assert talk(host.inside(path, partial(connect_tcp, OUTSIDE_ADDRESS, 7000)), listener) == attachment.ipv4


def test_without_firewall(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(iptables=False)
    path, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    assert host.run(subprocess.run, ["nft", "list", "ruleset"], capture_output=True, check=True).stdout == b""
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.run(connect_tcp, attachment.ipv4, 80), listener)


def test_forwarding_is_switched_on(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    def forwarding() -> str:
        with open("/proc/sys/net/ipv4/ip_forward") as file:
            return file.read().strip()

    host.run(network_namespace.write_sysctl, "ipv4/ip_forward", "0")
    make_engine("a", ip_forward=False)
    assert host.run(forwarding) == "0"
    engine = make_engine("b")
    assert host.run(forwarding) == "1"
    # What was no router before is none now, but for containers.
    assert "policy drop" in nft(host, "list chain ip filter FORWARD")
    path, _ = engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)


@pytest.mark.parametrize("network", ["host", "none"])
def test_networks_without_links(engine: OneEngine, host: SimulatedHost, network: str) -> None:
    path, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080), network=network)
    assert (attachment.driver, attachment.ipv4, attachment.ports) == ({"none": "null"}.get(network, network), "", ())
    assert addresses(host.inside(path, partial(ip, "address"))) == {"lo": ["127.0.0.1/8", "::1/128"]}
    host.run(listen_tcp, 8080).close()
    engine.end(attachment)


def test_how_networks_are_shown(engine: OneEngine) -> None:
    _, attachment = engine.container()
    shown = {network.name: network for network in engine.call(engine.controller.networks)}
    assert {name: network.driver for name, network in shown.items()} == {
        "bridge": "bridge",
        "host": "host",
        "none": "null",
    }
    bridge = shown["bridge"]
    assert bridge.containers == (attachment,)
    assert [(entry.subnet, entry.gateway) for entry in bridge.subnets] == [("172.17.0.0/16", "172.17.0.1")]
    assert dict(bridge.options) == {
        "com.docker.network.bridge.default_bridge": "true",
        "com.docker.network.bridge.enable_icc": "true",
        "com.docker.network.bridge.enable_ip_masquerade": "true",
        "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
        "com.docker.network.bridge.name": "docker0",
        "com.docker.network.driver.mtu": "1500",
    }
    engine.end(attachment)
    assert not any(network.containers for network in engine.call(engine.controller.networks))


def test_what_does_not_exist(engine: OneEngine) -> None:
    with pytest.raises(NotFound, match="network nope not found"):
        engine.container(network="nope")
    request = AttachRequest("c", "web", "f" * 64, "e")
    with pytest.raises(NotFound, match=r"network sandbox f+ not found"):
        engine.call(engine.controller.attach, request)
    engine.call(engine.controller.remove_sandbox, "f" * 64)
    assert engine.container()[1].ipv4 == "172.17.0.2"


@pytest.mark.parametrize("sandbox_id", ["", ".", "..", "../x", "a/b", "x" * 200, "a\0b"])
def test_ids_that_are_no_names(engine: OneEngine, sandbox_id: str) -> None:
    for method in (engine.controller.create_sandbox, engine.controller.remove_sandbox):
        with pytest.raises(InvalidParameter):
            engine.call(method, sandbox_id)


def test_a_second_endpoint_in_the_same_network(engine: OneEngine) -> None:
    _, attachment = engine.container()
    with pytest.raises(Conflict):
        engine.call(engine.controller.attach, AttachRequest("c", "web", attachment.sandbox_id, "other"))


def test_repeats_do_nothing(engine: OneEngine) -> None:
    _, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    engine.end(attachment)
    engine.end(attachment)
    _, again = engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    engine.end(attachment)
    with pytest.raises(SystemFailure, match="already allocated"):
        engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    engine.end(again)


def test_a_bridge_that_the_operator_made(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    def make_bridge() -> None:
        rtnl = NetlinkSocket()
        rtnl.transact(link.add_bridge("br7", "02:42:00:00:00:01", 1500))
        rtnl.close()
        subprocess.run(["ip", "address", "add", "10.77.0.1/24", "dev", "br7"], check=True)

    host.run(make_bridge)
    engine = make_engine(bridge="br7")
    assert (engine.info.name, engine.info.subnet) == ("br7", "10.77.0.0/24")
    _, attachment = engine.container()
    assert attachment.ipv4 == "10.77.0.2"
    engine.end(attachment)
    engine.close()
    assert "br7" in host.links()
    engine.start(())


def test_no_default_bridge(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(bridge="none")
    assert engine.info.name == ""
    assert set(host.links()) <= {"lo", "uplink", "ifb0", "ifb1"}
    with pytest.raises(NotFound):
        engine.container()
    assert engine.container(network="none")[1].driver == "null"


@pytest.mark.parametrize("iptables", [True, False])
def test_the_hosts_loopback_is_only_opened_behind_rules(
    make_engine: Callable[..., OneEngine], host: SimulatedHost, iptables: bool
) -> None:
    def route_localnet() -> str:
        with open("/proc/sys/net/ipv4/conf/docker0/route_localnet") as file:
            return file.read().strip()

    make_engine(iptables=iptables)
    assert host.run(route_localnet) == ("1" if iptables else "0")


def test_no_container_becomes_the_hosts_router(engine: OneEngine, host: SimulatedHost) -> None:
    """CVE-2020-13401."""

    def accept_ra() -> str:
        with open("/proc/sys/net/ipv6/conf/docker0/accept_ra") as file:
            return file.read().strip()

    assert host.run(accept_ra) == "0"


def test_an_mtu_that_changes(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine()
    _, attachment = engine.container()
    kill(engine)
    engine.config = NetworkConfig(mtu=1400)
    engine.start((attachment,))
    assert host.links()["docker0"].mtu == 1400


def test_the_program_does_what_the_library_does(
    make_engine: Callable[..., OneEngine], host: SimulatedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dockyard.network.opening.open_nftables", ProgramNftables)
    engine = make_engine()
    path, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)
    engine.end(attachment)
    with pytest.raises(SystemFailure, match="nftables: "):
        host.run(ProgramNftables().run, "nonsense")


def test_descriptors_do_not_pile_up(engine: OneEngine) -> None:
    def open_descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    engine.end(engine.container(PortRequest("tcp", 80))[1])
    before = open_descriptors()
    for _ in range(20):
        engine.end(engine.container(PortRequest("tcp", 80))[1])
    assert open_descriptors() <= before + 1  # the reaper's socket comes and goes
