"""The resolver process, asked from network namespaces by dnspython, with name servers of the tests' own behind it."""

import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from tests.integration.network.name_server import Behaviour, NameServer, cuts, is_silent, refuses, says
from tests.support.companion import companion_pid, kill_companion
from tests.support.wait import wait_until

from dockyard.linux.netlink import link
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.linux.network_namespace import NamespaceThread
from dockyard.network.attachment import Attachment
from dockyard.network.companion.client import CompanionClient
from dockyard.network.companion.directory import Directory, Settings
from dockyard.network.endpoints import Endpoints
from dockyard.network.resolver.upstreams import STAGGER_SECONDS
from dockyard.network.resolver.values import Server
from dockyard.network.sandbox.sandboxes import Sandboxes

pytestmark = pytest.mark.root

T = TypeVar("T")


class World:
    """A host of its own with sandboxes, a directory and the resolver that it starts."""

    def __init__(self, exec_root: Path) -> None:
        self.exec_root = exec_root
        self._host = NamespaceThread("host")
        self._namespaces = self.on_host_in_new_namespace()
        self.endpoints = Endpoints()
        self.servers: list[NameServer] = []
        self.version = "1"
        self.directory = self._daemon()

    def on_host_in_new_namespace(self) -> int:
        def prepare() -> int:
            with_loopback()
            self._visitor = NamespaceThread("visitor")
            self.sandboxes = Sandboxes(str(self.exec_root / "netns"), self._visitor)
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

        return self._host.run(None, prepare)

    def on_host(self, errand: Callable[[], T]) -> T:
        return self._host.run(self._namespaces, errand)

    def inside(self, sandbox: str, errand: Callable[[], T]) -> T:
        """In a thread of its own: several may wait for answers."""
        thread = NamespaceThread("inside")
        namespace = os.open(self.sandboxes.path(sandbox), os.O_RDONLY | os.O_CLOEXEC)
        try:
            return thread.run(namespace, errand)
        finally:
            thread.close()
            os.close(namespace)

    def _daemon(self) -> Directory:
        self.companion = CompanionClient(
            str(self.exec_root), self.version, lambda give: self.directory.tell(give), answer_seconds=3
        )
        return Directory(self.companion, self.endpoints, self.sandboxes.path)

    def start(self) -> None:
        self.on_host(self.directory.start)
        self.on_host(self.companion.connect if self.directory.is_needed else self.companion.adopt)

    def restart_daemon(self) -> None:
        """What is known of endpoints stays, as on disk."""
        settings = self.directory._settings
        self.companion.close()
        self.directory = self._daemon()
        self.endpoints._listeners[:] = []
        for sandbox, of_sandbox in settings.items():
            self.directory.settle(sandbox, of_sandbox)
        self.start()

    def name_server(self, address: str, behaviour: Behaviour, delay_seconds: float = 0.0) -> NameServer:
        server = self.on_host(lambda: NameServer(address, behaviour, delay_seconds))
        self.servers.append(server)
        return server

    def container(self, name: str, ipv4: str = "", settings: Settings | None = None, **more: Any) -> Attachment:
        sandbox = secrets.token_hex(8)
        self.on_host(lambda: self.sandboxes.create(sandbox))
        self.sandboxes.settle(sandbox)
        attachment = Attachment(
            **{
                "container_id": sandbox,
                "container_name": name,
                "sandbox_id": sandbox,
                "endpoint_id": secrets.token_hex(8),
                "network": "net",
                "network_id": "n",
                "driver": "bridge",
                "ipv4": ipv4,
                "dns_names": (name, sandbox[:12]),
                **more,
            }
        )
        self.on_host(lambda: self.directory.settle(sandbox, settings or Settings()))
        self.on_host(lambda: self.endpoints.put(attachment))
        return attachment

    def remove(self, attachment: Attachment) -> None:
        self.on_host(lambda: self.endpoints.discard(attachment.endpoint_id))
        self.on_host(lambda: self.directory.forget(attachment.sandbox_id))
        self.sandboxes.remove(attachment.sandbox_id)

    def query(
        self, asker: Attachment, name: str, kind: str = "A", *, tcp: bool = False, timeout: float = 6
    ) -> dns.message.Message:
        question = dns.message.make_query(name, kind)
        ask = dns.query.tcp if tcp else dns.query.udp
        return self.inside(asker.sandbox_id, lambda: ask(question, "127.0.0.11", timeout=timeout))

    def addresses(self, asker: Attachment, name: str, **more: Any) -> list[str]:
        response = self.query(asker, name, **more)
        assert response.rcode() == dns.rcode.NOERROR, response
        return sorted(str(record) for rrset in response.answer for record in rrset)

    @property
    def resolver_pid(self) -> int | None:
        return companion_pid(self.exec_root)

    def close(self) -> None:
        for server in self.servers:
            server.close()
        self.companion.close()
        kill_companion(self.exec_root)
        for sandbox in os.listdir(self.exec_root / "netns"):
            self.sandboxes.remove(sandbox)


def with_loopback() -> None:
    route = NetlinkSocket()
    route.transact(link.set_up(1))
    route.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    try:
        world.start()
        yield world
    finally:
        world.close()


FIRST, SECOND = Server("127.0.0.1", from_host=True), Server("127.0.0.2", from_host=True)


@pytest.mark.row("G6")
def test_containers_find_each_other(world: World) -> None:
    web = world.container("web", "172.18.0.2")
    other = world.container("other", "172.18.0.3", dns_names=("other", "shop"), links=(("db", "web"),))
    stranger = world.container("stranger", "172.19.0.2", network="else", network_id="m")
    assert world.addresses(other, "web") == ["172.18.0.2"]
    assert world.addresses(other, web.sandbox_id[:12]) == ["172.18.0.2"]
    assert world.addresses(other, "db") == ["172.18.0.2"]
    assert world.addresses(web, "shop.net") == ["172.18.0.3"]
    assert world.addresses(web, "shop", tcp=True) == ["172.18.0.3"]
    assert world.addresses(web, "web") == ["172.18.0.2"]
    assert world.query(stranger, "web").rcode() == dns.rcode.SERVFAIL
    reverse = world.query(web, "3.0.18.172.in-addr.arpa", "PTR").answer[0]
    assert str(reverse[0]) == "other.net."
    world.remove(other)
    assert world.query(web, "shop").rcode() == dns.rcode.SERVFAIL


def test_a_container_serves_names_itself(world: World) -> None:
    web = world.container("web", "172.18.0.2")

    def serve_and_ask() -> tuple[str, str]:
        server = NameServer("0.0.0.0", says("192.0.2.7"))
        question = dns.message.make_query("web", "A")
        try:
            own = dns.query.udp(question, "127.0.0.1", timeout=2)
            own_by_tcp = dns.query.tcp(question, "127.0.0.1", timeout=2)
            ours = dns.query.udp(question, "127.0.0.11", timeout=2)
        finally:
            server.close()
        assert own.answer == own_by_tcp.answer
        return str(own.answer[0][0]), str(ours.answer[0][0])

    assert world.inside(web.sandbox_id, serve_and_ask) == ("192.0.2.7", "172.18.0.2")


def test_other_names_are_asked_of_the_servers(world: World) -> None:
    server = world.name_server("127.0.0.1", says("198.51.100.9"))
    web = world.container("web", "172.18.0.2", Settings((FIRST,)))
    for number in range(20):
        assert world.addresses(web, f"name{number}.example") == ["198.51.100.9"]
    assert world.addresses(web, "tcp.example", tcp=True) == ["198.51.100.9"]
    assert len({identity for _, identity, _ in server.asked}) > 15
    assert len({port for _, _, port in server.asked}) > 15


def test_a_server_in_the_containers_namespace(world: World) -> None:
    web = world.container("web", "172.18.0.2", Settings((Server("127.0.0.1"),)))
    server = world.inside(web.sandbox_id, lambda: NameServer("127.0.0.1", says("198.51.100.9")))
    try:
        assert world.addresses(web, "name.example") == ["198.51.100.9"]
    finally:
        server.close()


def test_internal_networks_ask_nobody(world: World) -> None:
    server = world.name_server("127.0.0.1", says("198.51.100.9"))
    web = world.container("web", "172.18.0.2", Settings((FIRST,)), internal=True)
    assert world.query(web, "name.example").rcode() == dns.rcode.SERVFAIL
    assert world.addresses(web, "web") == ["172.18.0.2"]
    assert server.asked == []


def test_a_dead_server_costs_a_moment_twice_and_then_nothing(world: World) -> None:
    dead = world.name_server("127.0.0.1", is_silent)
    world.name_server("127.0.0.2", says("198.51.100.2"))
    web = world.container("web", "172.18.0.2", Settings((FIRST, SECOND)))
    took = []
    for number in range(4):
        began = time.monotonic()
        assert world.addresses(web, f"name{number}.example") == ["198.51.100.2"]
        took.append(time.monotonic() - began)
    assert all(seconds < 1.5 for seconds in took)
    assert max(took[2:]) < 0.35 < min(took[:2])
    assert len(dead.asked) == 2


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED])
def test_who_cannot_answer_is_passed_over_at_once(world: World, rcode: dns.rcode.Rcode) -> None:
    world.name_server("127.0.0.1", refuses(rcode))
    world.name_server("127.0.0.2", says("198.51.100.2"))
    web = world.container("web", "172.18.0.2", Settings((FIRST, SECOND)))
    began = time.monotonic()
    assert world.addresses(web, "name.example") == ["198.51.100.2"]
    assert time.monotonic() - began < 0.35


def test_the_first_server_may_know_what_the_second_denies(world: World) -> None:
    world.name_server("127.0.0.1", says("198.51.100.1"), delay_seconds=0.8)
    world.name_server("127.0.0.2", refuses(dns.rcode.NXDOMAIN))
    web = world.container("web", "172.18.0.2", Settings((FIRST, SECOND)))
    assert world.addresses(web, "intranet.example") == ["198.51.100.1"]


def test_no_such_name_is_an_answer(world: World) -> None:
    world.name_server("127.0.0.1", refuses(dns.rcode.NXDOMAIN))
    second = world.name_server("127.0.0.2", says("198.51.100.2"))
    web = world.container("web", "172.18.0.2", Settings((FIRST, SECOND)))
    for number in range(5):
        began = time.monotonic()
        assert world.query(web, f"nobody{number}.example").rcode() == dns.rcode.NXDOMAIN
        assert second.asked == [] or time.monotonic() - began > STAGGER_SECONDS


def test_nobody_listens(world: World) -> None:
    web = world.container("web", "172.18.0.2", Settings((FIRST, Server("192.0.2.1"))))
    began = time.monotonic()
    assert world.query(web, "name.example").rcode() == dns.rcode.SERVFAIL
    assert time.monotonic() - began < 1


def test_a_cut_answer_is_fetched_by_tcp(world: World) -> None:
    world.name_server("127.0.0.1", cuts("198.51.100", 20))
    web = world.container("web", "172.18.0.2", Settings((FIRST,)))
    assert len(world.addresses(web, "name.example")) == 20


def test_an_answer_too_long_for_the_client_stays_cut(world: World) -> None:
    server = world.name_server("127.0.0.1", cuts("198.51.100", 80))
    web = world.container("web", "172.18.0.2", Settings((FIRST,)))
    assert world.query(web, "name.example").flags & dns.flags.TC
    server.behaviour = cuts("198.51.100", 250)
    assert len(world.addresses(web, "name.example", tcp=True)) == 250


def test_forged_answers_are_passed_over(world: World) -> None:
    good = says("198.51.100.1")

    def forge(query: dns.message.Message, tcp: bool) -> list[bytes]:
        (answer,) = good(query, tcp)
        (other,) = good(dns.message.make_query("bank.example", "A", id=query.id), tcp)
        (wrong_kind,) = good(dns.message.make_query(query.question[0].name, "TXT", id=query.id), tcp)
        wrong_id = bytes((answer[0] ^ 1,)) + answer[1:]
        is_question = answer[:2] + bytes((answer[2] & 0x7F,)) + answer[3:]
        no_question = answer[:2] + b"\x84\x00" + bytes(8)
        evil = [packet.replace(bytes((198, 51, 100, 1)), bytes((6, 6, 6, 6))) for packet in (
            other, wrong_kind, wrong_id, is_question)]  # fmt: skip
        return [*evil, no_question, b"", answer[:11], os.urandom(40), answer]

    world.name_server("127.0.0.1", forge)
    web = world.container("web", "172.18.0.2", Settings((FIRST,)))
    assert world.addresses(web, "name.example") == ["198.51.100.1"]


def test_settings_change_while_it_serves(world: World) -> None:
    world.name_server("127.0.0.1", says("198.51.100.1"))
    world.name_server("127.0.0.2", says("198.51.100.2"))
    web = world.container("web", "172.18.0.2", Settings((FIRST,)))
    assert world.addresses(web, "name.example") == ["198.51.100.1"]
    world.on_host(lambda: world.directory.settle(web.sandbox_id, Settings((SECOND,), (("extra", "10.0.0.1"),))))
    assert world.addresses(web, "name.example") == ["198.51.100.2"]
    assert world.addresses(web, "extra") == ["10.0.0.1"]


def test_a_flood_doesnt_keep_others_from_their_answers(world: World) -> None:
    world.name_server("127.0.0.1", is_silent)
    flooder = world.container("flooder", "172.18.0.2", Settings((FIRST,)))
    web = world.container("web", "172.18.0.3", Settings((FIRST,)))

    def flood() -> int:
        wire = dns.message.make_query("name.example", "A").to_wire()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.11", 53))
            for number in range(2000):
                client.send(number.to_bytes(2, "big") + wire[2:])
                if number % 50 == 0:
                    time.sleep(0.002)  # or the kernel drops most of them
            client.settimeout(2)
            return client.recv(512)[3] & 0xF

    assert world.inside(flooder.sandbox_id, flood) == dns.rcode.SERVFAIL
    began = time.monotonic()
    assert world.addresses(web, "flooder") == ["172.18.0.2"]
    assert time.monotonic() - began < 1
    pid = world.resolver_pid
    assert pid is not None
    assert len(os.listdir(f"/proc/{pid}/fd")) < 700


def test_noise_by_tcp_ends_that_connection_alone(world: World) -> None:
    web = world.container("web", "172.18.0.2")

    def noise() -> bytes:
        with socket.create_connection(("127.0.0.11", 53), timeout=3) as client:
            client.sendall(b"\x00\x05hello")
            return client.recv(100)

    assert world.inside(web.sandbox_id, noise) == b""
    assert world.addresses(web, "web", tcp=True) == ["172.18.0.2"]


def test_names_are_served_while_the_daemon_is_dead_and_by_the_same_process_afterwards(world: World) -> None:
    web = world.container("web", "172.18.0.2")
    gone = world.container("gone", "172.18.0.3")
    pid = world.resolver_pid
    assert pid is not None
    world.companion.close()
    assert world.addresses(web, "gone") == ["172.18.0.3"]
    world.endpoints.discard(gone.endpoint_id)
    world.restart_daemon()
    assert world.resolver_pid == pid
    assert world.query(web, "gone").rcode() == dns.rcode.SERVFAIL
    late = world.container("late", "172.18.0.4")
    assert world.addresses(web, "late") == ["172.18.0.4"]
    assert world.addresses(late, "web") == ["172.18.0.2"]


def test_a_killed_resolver_is_replaced(world: World) -> None:
    web = world.container("web", "172.18.0.2")
    pid = world.resolver_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    def answer() -> list[str]:
        try:
            return world.addresses(web, "web", timeout=0.5)
        except (dns.exception.Timeout, OSError):
            return []

    assert wait_until(answer, "another resolver") == ["172.18.0.2"]
    assert world.resolver_pid not in (None, pid)


def test_the_resolver_ends_when_nobody_needs_it(world: World) -> None:
    web = world.container("web", "172.18.0.2")
    world.remove(web)
    assert world.resolver_pid
    world.companion.close()
    wait_until(lambda: not world.resolver_pid, "the resolver to end")


def test_a_resolver_of_another_version_makes_room(world: World) -> None:
    web = world.container("web", "172.18.0.2")
    pid = world.resolver_pid
    assert pid is not None
    world.version = "2"
    world.restart_daemon()
    assert world.resolver_pid not in (None, pid)
    assert world.addresses(web, "web") == ["172.18.0.2"]


def test_a_companion_that_hangs_is_replaced(world: World) -> None:
    web = world.container("web", "172.18.0.2")
    pid = world.resolver_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    late = world.container("late", "172.18.0.3")
    assert world.resolver_pid not in (None, pid)
    assert world.addresses(web, "late") == ["172.18.0.3"]
    assert world.addresses(late, "web") == ["172.18.0.2"]
