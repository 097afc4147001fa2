"""The proxy of published ports: on the loopback of this machine, and as part of an engine on a simulated host."""

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from errno import ENOENT
from functools import partial

import pytest
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import SimulatedHost, bind_udp, connect_tcp, listen_tcp, udp_client
from tests.integration.network.test_published_ports import UNREACHABLE, talk

from dockyard.linux import network_namespace
from dockyard.network.attachment import PortRequest
from dockyard.network.portmap.reservation import ProxyReserve
from dockyard.network.proxy.loop import Loop
from dockyard.network.proxy.udp import IDLE_SECONDS, UdpForwarder

WEB = PortRequest("tcp", 80, "", 8080, 8080)


@pytest.fixture
def loop() -> Iterator[Loop]:
    served = Loop()
    yield served
    served.close()


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def forward(loop: Loop) -> Iterator[Callable[[str, int], int]]:
    """Forward a new port to the given one; returns the new one."""
    reservations = []

    def start(protocol: str, target_port: int) -> int:
        port = free_port(socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
        reservations.append(ProxyReserve(loop)(protocol, "127.0.0.1", port, ("127.0.0.1", target_port)))
        return port

    yield start
    for reservation in reservations:
        reservation.close()


def test_both_ways_and_half_closed_ends(forward: Callable[[str, int], int]) -> None:
    listener = listen_tcp(0, "127.0.0.1")
    client = connect_tcp("127.0.0.1", forward("tcp", listener.getsockname()[1]))
    server, _ = listener.accept()
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    assert server.makefile("rb").read() == b"question"
    server.sendall(b"answer")
    server.close()
    assert client.makefile("rb").read() == b"answer"


def test_much_data_arrives_whole_though_the_reader_is_slow(forward: Callable[[str, int], int]) -> None:
    listener = listen_tcp(0, "127.0.0.1")
    client = connect_tcp("127.0.0.1", forward("tcp", listener.getsockname()[1]))
    server, _ = listener.accept()
    data = os.urandom(1 << 20) * 20

    def send() -> None:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    received = hashlib.sha256()
    while chunk := server.recv(10_000):
        received.update(chunk)
    sender.join()
    assert received.digest() == hashlib.sha256(data).digest()


def test_nobody_listens_in_the_container(forward: Callable[[str, int], int]) -> None:
    client = connect_tcp("127.0.0.1", forward("tcp", free_port()))
    assert receive(client) in (b"", None)


def receive(client: socket.socket) -> bytes | None:
    """What comes; None for a reset connection."""
    try:
        return client.recv(10)
    except ConnectionError:
        return None


def test_a_reset_ends_both_sides_and_not_the_service(forward: Callable[[str, int], int]) -> None:
    listener = listen_tcp(0, "127.0.0.1")
    port = forward("tcp", listener.getsockname()[1])
    client = connect_tcp("127.0.0.1", port)
    server, _ = listener.accept()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    assert receive(server) in (b"", None)
    talk(connect_tcp("127.0.0.1", port), listener)


def test_closing_frees_the_port_at_once_and_ends_connections(loop: Loop) -> None:
    listener = listen_tcp(0, "127.0.0.1")
    port = free_port()
    target = listener.getsockname()
    for _ in range(20):
        reservation = ProxyReserve(loop)("tcp", "127.0.0.1", port, target)
        assert reservation is not None
        client = connect_tcp("127.0.0.1", port)
        server, _ = listener.accept()
        reservation.close()
        assert receive(client) in (b"", None)
        assert receive(server) in (b"", None)
        client.close()
        server.close()


def test_udp_answers_go_to_who_asked(forward: Callable[[str, int], int]) -> None:
    server = bind_udp(0)
    port = forward("udp", server.getsockname()[1])
    clients = [udp_client("127.0.0.1", port) for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(b"%d" % number)
    for _ in clients:
        question, source = server.recvfrom(10)
        server.sendto(b"to " + question, source)
    assert [client.recv(10) for client in clients] == [b"to 0", b"to 1", b"to 2"]


def test_udp_forgets_the_silent(loop: Loop) -> None:
    server = bind_udp(0)
    bound = bind_udp(0)
    bound.setblocking(False)
    now = [0.0]
    forwarder = UdpForwarder(loop, bound, ("127.0.0.1", server.getsockname()[1]), lambda: now[0])
    client = udp_client("127.0.0.1", bound.getsockname()[1])
    sources = []
    for moment in (0.0, IDLE_SECONDS, 3 * IDLE_SECONDS):
        now[0] = moment
        forgotten = threading.Event()
        loop.soon(forwarder._forget_silent)
        loop.soon(forgotten.set)
        assert forgotten.wait(3)
        client.send(b"x")
        sources.append(server.recvfrom(10)[1])
    assert sources[0] == sources[1] != sources[2]
    forwarder.close()


@pytest.mark.root
def test_by_ipv6(engine: OneEngine, host: SimulatedHost) -> None:
    path, attachment = engine.container(WEB, PortRequest("udp", 53, "", 5353, 5353))
    published = [(port.host_ip, port.host_port, port.protocol) for port in attachment.ports]
    assert published == [
        ("0.0.0.0", 8080, "tcp"),
        ("::", 8080, "tcp"),
        ("0.0.0.0", 5353, "udp"),
        ("::", 5353, "udp"),
    ]
    listener = host.inside(path, partial(listen_tcp, 80))
    assert talk(host.run(connect_tcp, "::1", 8080), listener) == "172.17.0.1"
    server = host.inside(path, partial(bind_udp, 53))

    def ask() -> socket.socket:
        client = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        client.settimeout(3)
        client.connect(("::1", 5353))
        client.send(b"question")
        return client

    client = host.run(ask)
    question, source = server.recvfrom(100)
    server.sendto(b"answer to " + question, source)
    assert client.recv(100) == b"answer to question"
    engine.end(attachment)
    with pytest.raises(UNREACHABLE):
        host.run(connect_tcp, "::1", 8080, timeout_seconds=0.5)


@pytest.mark.root
def test_without_firewall_the_proxy_serves(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(iptables=False)
    path, _ = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    for target in ("127.0.0.1", "::1", "172.17.0.1"):
        assert talk(host.run(connect_tcp, target, 8080), listener) == "172.17.0.1"


@pytest.mark.root
def test_without_proxy_there_is_no_ipv6(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(userland_proxy=False)
    path, attachment = engine.container(WEB)
    assert [port.host_ip for port in attachment.ports] == ["0.0.0.0"]
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)
    with pytest.raises(Exception, match="address family not supported"):
        engine.container(PortRequest("tcp", 80, "::1", 8081, 8081))


@pytest.mark.root
def test_with_a_kernel_without_ipv6(
    host: SimulatedHost, make_engine: Callable[..., OneEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a kernel has no parameters and no sockets of IPv6; played here, because this one has."""
    write_sysctl = network_namespace.write_sysctl

    def write(name: str, value: str) -> None:
        if name.startswith("ipv6"):
            raise FileNotFoundError(ENOENT, "No such file or directory")
        write_sysctl(name, value)

    monkeypatch.setattr(network_namespace, "write_sysctl", write)
    monkeypatch.setattr("dockyard.network.controller.has_ipv6", lambda: False)
    engine = make_engine()
    path, attachment = engine.container(WEB)
    assert [port.host_ip for port in attachment.ports] == ["0.0.0.0"]
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)


@pytest.mark.root
def test_on_a_host_without_ipv6(host: SimulatedHost, make_engine: Callable[..., OneEngine]) -> None:
    def switch_off() -> None:
        for name in ("all", "default", "lo"):
            with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as file:
                file.write("1")

    host.run(switch_off)
    engine = make_engine()
    path, attachment = engine.container(WEB)
    listener = host.inside(path, partial(listen_tcp, 80))
    talk(host.run(connect_tcp, "127.0.0.1", 8080), listener)
    engine.end(attachment)
