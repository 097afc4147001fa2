"""Published ports, from everywhere: the host, outside, another container, the container itself."""

import errno
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import (
    HOST_ADDRESS,
    OUTSIDE_ADDRESS,
    SimulatedHost,
    bind_udp,
    connect_tcp,
    listen_tcp,
    nft,
    udp_client,
)

from dockyard.errors import SystemFailure
from dockyard.linux import network_namespace
from dockyard.network.attachment import PortRequest

pytestmark = pytest.mark.root

WEB = PortRequest("tcp", 80, "", 8080, 8080)
LOCAL_WEB = PortRequest("tcp", 80, "127.0.0.1", 8080, 8080)
DNS = PortRequest("udp", 53, "", 5353, 5353)
UNREACHABLE = (TimeoutError, ConnectionRefusedError, OSError)


def talk(client: socket.socket, listener: socket.socket) -> str:
    """Source address that the server sees, after bytes went both ways."""
    with client:
        server, (source, _) = listener.accept()
        with server:
            server.sendall(b"hello")
            assert client.recv(10) == b"hello"
            client.sendall(b"bye")
            assert server.recv(10) == b"bye"
    return str(source)


def test_from_outside_with_the_clients_own_address(engine: OneEngine, host: SimulatedHost) -> None:
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    assert talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener) == OUTSIDE_ADDRESS


@pytest.mark.parametrize("target", ["127.0.0.1", "127.0.0.53", HOST_ADDRESS, "172.17.0.1"])
def test_from_the_host(engine: OneEngine, host: SimulatedHost, target: str) -> None:
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    assert talk(host.run(connect_tcp, target, 8080), listener) in ("172.17.0.1", HOST_ADDRESS)


@pytest.mark.parametrize("bridge_calls_firewall", ["0", "1"])
@pytest.mark.parametrize("target", [HOST_ADDRESS, "172.17.0.1"])
def test_hairpin(engine: OneEngine, host: SimulatedHost, target: str, bridge_calls_firewall: str) -> None:
    set_bridge_netfilter(host, bridge_calls_firewall)
    path, _ = engine.container(WEB)
    other, _ = engine.container(name="other")
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.inside(other, partial(connect_tcp, target, 8080)), listener)
    talk(host.inside(path, partial(connect_tcp, target, 8080)), listener)


@pytest.mark.parametrize("bridge_calls_firewall", ["0", "1"])
def test_neighbours_talk_directly(engine: OneEngine, host: SimulatedHost, bridge_calls_firewall: str) -> None:
    set_bridge_netfilter(host, bridge_calls_firewall)
    path, attachment = engine.container()
    other, other_attachment = engine.container(name="other")
    listener = host.inside(path, partial(listen_tcp, 9000))
    assert talk(host.inside(other, partial(connect_tcp, attachment.ipv4, 9000)), listener) == other_attachment.ipv4


def test_udp(engine: OneEngine, host: SimulatedHost) -> None:
    path, _ = engine.container(DNS)
    server = host.inside(path, partial(bind_udp, 53))
    for where, target in ((host.outside, HOST_ADDRESS), (host.run, "127.0.0.1"), (host.run, HOST_ADDRESS)):
        client = where(partial(udp_client, target, 5353))
        client.send(b"question")
        question, source = server.recvfrom(100)
        assert question == b"question"
        server.sendto(b"answer", source)
        assert client.recv(100) == b"answer"
        client.close()


def test_bound_to_loopback_only(engine: OneEngine, host: SimulatedHost) -> None:
    path, attachment = engine.container(LOCAL_WEB)
    other, _ = engine.container(name="other")
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)
    reach = partial(connect_tcp, port=8080, timeout_seconds=0.5)
    for where, target in (
        (host.outside, HOST_ADDRESS),
        (host.run, HOST_ADDRESS),
        (partial(host.inside, other), "172.17.0.1"),
    ):
        with pytest.raises(UNREACHABLE):
            where(partial(reach, target))
    with pytest.raises(UNREACHABLE):
        host.outside(partial(connect_tcp, attachment.ipv4, 80, timeout_seconds=0.5))


def test_what_is_not_published_is_not_reachable_from_outside(engine: OneEngine, host: SimulatedHost) -> None:
    path, attachment = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    unpublished = host.inside(path, partial(listen_tcp, 81))
    talk(host.run(connect_tcp, attachment.ipv4, 81), unpublished)
    for port in (80, 81):
        with pytest.raises(UNREACHABLE):
            host.outside(partial(connect_tcp, attachment.ipv4, port, timeout_seconds=0.5))
    listener.close()


def test_loopback_of_the_host_is_closed_to_containers(engine: OneEngine, host: SimulatedHost) -> None:
    """route_localnet is on for the bridge: a container that sends to 127.0.0.1 through it must not get there."""
    path, _ = engine.container()
    secret = host.run(bind_udp, 9999)
    secret.settimeout(0.5)

    def attack() -> None:
        subprocess.run(["ip", "address", "flush", "dev", "lo"], check=True)
        subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
        network_namespace.write_sysctl("ipv4/conf/all/route_localnet", "1")
        client = udp_client("127.0.0.1", 9999)
        client.send(b"got you")
        client.close()

    host.inside(path, attack)
    with pytest.raises(TimeoutError):
        secret.recv(100)
    secret.close()


def test_out_to_the_world_behind_the_hosts_address(engine: OneEngine, host: SimulatedHost) -> None:
    path, _ = engine.container()
    listener = host.outside(partial(listen_tcp, 7000))
    assert talk(host.inside(path, partial(connect_tcp, OUTSIDE_ADDRESS, 7000)), listener) == HOST_ADDRESS


def test_taken_by_another_container(engine: OneEngine) -> None:
    engine.container(WEB)
    before = engine.host.links().keys()
    with pytest.raises(SystemFailure) as caught:
        engine.container(WEB, name="second")
    assert str(caught.value).startswith("driver failed programming external connectivity on endpoint second (")
    assert str(caught.value).endswith("): Bind for 0.0.0.0:8080 failed: port is already allocated")
    assert engine.host.links().keys() == before


def test_taken_by_a_process_of_the_host(engine: OneEngine, host: SimulatedHost) -> None:
    listener = host.run(listen_tcp, 8080)
    with pytest.raises(SystemFailure) as caught:
        engine.container(WEB)
    reason = "failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use"
    assert str(caught.value).endswith(f"): {reason}")
    listener.close()
    assert engine.container(WEB)[1].ipv4 == "172.17.0.2"


def test_an_address_that_the_host_does_not_have(engine: OneEngine) -> None:
    with pytest.raises(SystemFailure, match="cannot assign requested address"):
        engine.container(PortRequest("tcp", 80, "203.0.113.77", 8080, 8080))


def test_the_host_cannot_take_a_published_port(engine: OneEngine, host: SimulatedHost) -> None:
    _, attachment = engine.container(WEB)
    with pytest.raises(OSError) as caught:
        host.run(listen_tcp, 8080)
    assert caught.value.errno == errno.EADDRINUSE
    engine.end(attachment)
    host.run(listen_tcp, 8080).close()


def test_a_freed_port_leads_nowhere_and_can_be_given_out_again(engine: OneEngine, host: SimulatedHost) -> None:
    _, attachment = engine.container(WEB)
    engine.end(attachment)
    with pytest.raises(UNREACHABLE):
        host.run(connect_tcp, "127.0.0.1", 8080, timeout_seconds=0.5)
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)


def test_udp_after_the_container_was_replaced(engine: OneEngine, host: SimulatedHost, wait_until) -> None:
    """A client that goes on with the same source port must reach the new container, not the memory of the old one."""
    path, attachment = engine.container(DNS)
    engine.container(name="keeps the next address", ipv4="172.17.0.3")
    server = host.inside(path, partial(bind_udp, 53))
    client = host.outside(partial(udp_client, HOST_ADDRESS, 5353))
    client.send(b"one")
    assert server.recv(10) == b"one"
    server.close()
    engine.end(attachment)
    path, _ = engine.container(DNS, ipv4="172.17.0.9")
    server = host.inside(path, partial(bind_udp, 53))
    server.settimeout(0.05)

    def arrives() -> bool:
        with suppress(TimeoutError, ConnectionRefusedError):
            client.send(b"two")
            return server.recv(10) == b"two"
        return False

    wait_until(arrives)


@pytest.mark.parametrize("others", [(), (PortRequest("udp", 54, "", 5454, 5454),)])
def test_udp_of_a_client_that_was_there_first(
    make_engine: Callable[..., OneEngine], host: SimulatedHost, wait_until, others: tuple[PortRequest, ...]
) -> None:
    engine = make_engine(userland_proxy=False)  # which would serve what the firewall leads nowhere
    client = host.outside(partial(udp_client, HOST_ADDRESS, 5353))
    for _ in range(2):
        with suppress(ConnectionRefusedError):  # which is what the host answers to the first
            client.send(b"too early")
        time.sleep(0.01)
    path, _ = engine.container(DNS, *others)
    server = host.inside(path, partial(bind_udp, 53))
    server.settimeout(0.05)

    def arrives() -> bool:
        with suppress(TimeoutError, ConnectionRefusedError):
            client.send(b"now")
            return server.recv(10) == b"now"
        return False

    wait_until(arrives)


def test_sctp_is_led_to_the_container_whether_or_not_the_host_has_it(engine: OneEngine, host: SimulatedHost) -> None:
    _, attachment = engine.container(PortRequest("sctp", 9899, "", 9899, 9899))
    assert "sctp . 9899 : 172.17.0.2 . 9899" in nft(host, "list map ip dockyard-docker0 published_any")
    engine.end(attachment)
    assert "9899" not in nft(host, "list map ip dockyard-docker0 published_any")


def test_all_ports_of_a_range(engine: OneEngine) -> None:
    wish = PortRequest("tcp", 80, "", 8080, 8081)
    ports = [engine.container(wish, name=f"c{number}")[1].ports[0].host_port for number in range(2)]
    assert ports == [8080, 8081]
    with pytest.raises(SystemFailure, match="failed: all ports are allocated"):
        engine.container(wish)


def set_bridge_netfilter(host: SimulatedHost, value: str) -> None:
    def write() -> None:
        try:
            with open("/proc/sys/net/bridge/bridge-nf-call-iptables", "w") as file:
                file.write(value)
        except FileNotFoundError:
            pytest.skip("br_netfilter is not loaded")

    host.run(write)
