"""Names in containers: real clients ask the resolver, real containers answer to them."""

import secrets
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.network.name_server import NameServer, says
from tests.peers import busybox_image
from tests.peers.programs import program
from tests.support.client import Docker
from tests.support.companion import companion_pid
from tests.support.engine import Engine, dockyard_engine
from tests.support.wait import wait_until

from dockyard.linux.network_namespace import NamespaceThread

Dig = Callable[..., list[str]]


@pytest.fixture
def network(docker: Docker) -> Iterator[str]:
    name = f"net{secrets.token_hex(4)}"
    docker("network", "create", name)
    yield name
    containers = docker.result("ps", "-aq", "--filter", f"network={name}").out.split()
    if containers:
        docker.result("rm", "-f", *containers)
    docker.result("network", "rm", name)


@pytest.fixture
def dig(docker: Docker) -> Dig:
    """`dig("web", container)` gives the records that bind's dig, in the container's namespace, gets at 127.0.0.11."""
    tool = program("dig")

    def ask(name: str, container: str, *options: str) -> list[str]:
        pid = docker("inspect", "-f", "{{.State.Pid}}", container)
        command = ["nsenter", "-n", "-t", pid, *tool.command("@127.0.0.11", "+short", "+tries=2", *options, name)]
        done = subprocess.run(command, env=tool.environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr
        return sorted(done.stdout.split("\n")[:-1])

    return ask


def address(docker: Docker, container: str, network: str) -> str:
    return str(docker.inspect(container)["NetworkSettings"]["Networks"][network]["IPAddress"])


def unique(name: str) -> str:
    return f"{name}-{secrets.token_hex(4)}"


@pytest.mark.row("G6")
@pytest.mark.peer("dig")
def test_a_service_is_found_by_its_names(docker: Docker, network: str, sleeper: Callable[..., str], dig: Dig) -> None:
    name = unique("web")
    flags = ("--network", network, "--network-alias", "shop", "--hostname", "front")
    web = sleeper(*flags, name=name)
    other = sleeper("--network", network)
    expected = address(docker, web, network)
    assert docker("exec", other, "cat", "/etc/resolv.conf").startswith("nameserver 127.0.0.11\n")
    assert f"PING {name} ({expected})" in docker("exec", other, "ping", "-c", "1", name)
    assert expected in docker("exec", other, "nslookup", "shop")
    for asked in (name, name.upper(), "shop", "front", web[:12], f"{name}.{network}"):
        assert dig(asked, other) == [expected], asked
        assert dig(asked, other, "+tcp") == [expected], asked
    assert dig(name, other, "AAAA") == []
    assert f"{name}.{network}." in dig(expected, other, "-x")


@pytest.mark.row("G6")
@pytest.mark.peer("dig")
def test_several_containers_share_an_alias(network: str, docker: Docker, sleeper: Callable[..., str], dig: Dig) -> None:
    flags = ("--network", network, "--network-alias", "pool")
    pool = [sleeper(*flags) for _ in range(3)]
    everyone = sorted(address(docker, one, network) for one in pool)
    assert dig("pool", pool[0]) == everyone
    left = sorted(address(docker, one, network) for one in pool[1:])
    docker("rm", "-f", pool[0])
    wait_until(lambda: dig("pool", pool[1]) == left, "the removed container to be forgotten")


@pytest.mark.row("G6")
@pytest.mark.peer("dig")
def test_other_names_are_asked_of_the_servers_that_the_user_names(
    docker: Docker, network: str, sleeper: Callable[..., str], dig: Dig
) -> None:
    gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network)
    server = NameServer(gateway, says("198.51.100.53"))
    try:
        web = sleeper("--network", network, "--dns", gateway, "--dns-search", "corp.example")
        assert dig("name.example", web) == ["198.51.100.53"]
        assert dig("name.example", web, "+tcp") == ["198.51.100.53"]
        assert "198.51.100.53" in docker("exec", web, "nslookup", "intranet")
        assert "intranet.corp.example" in [asked for asked, _, _ in server.asked]
    finally:
        server.close()


@pytest.mark.row("G6", "G8")
@pytest.mark.peer("dig")
def test_connect_disconnect_and_rename_at_once(
    docker: Docker, network: str, sleeper: Callable[..., str], dig: Dig
) -> None:
    asker = sleeper("--network", network)
    plain = sleeper()
    assert "127.0.0.11" not in docker("exec", plain, "cat", "/etc/resolv.conf")
    docker("network", "connect", "--alias", "late", network, plain)
    expected = address(docker, plain, network)
    assert dig("late", asker) == [expected]
    assert docker("exec", plain, "cat", "/etc/resolv.conf").startswith("nameserver 127.0.0.11\n")
    assert f"{expected}\t{plain[:12]}" in docker("exec", plain, "cat", "/etc/hosts")
    name = unique("renamed")
    docker("rename", plain, name)
    assert dig(name, asker) == [expected]
    docker("network", "disconnect", network, plain)
    assert dig("late", asker) == []
    hosts = docker("exec", plain, "cat", "/etc/hosts")
    assert expected not in hosts
    assert plain[:12] in hosts


@pytest.mark.row("G9")
def test_edits_of_users_stay(docker: Docker, network: str, sleeper: Callable[..., str]) -> None:
    container = sleeper("--network", network)
    docker("exec", container, "sh", "-c", "echo '# mine' >> /etc/resolv.conf; echo '10.9.8.7 mine' >> /etc/hosts")
    other = f"{network}b"
    docker("network", "create", other)
    try:
        docker("network", "connect", other, container)
        hosts = docker("exec", container, "cat", "/etc/hosts")
        assert "10.9.8.7 mine" in hosts
        assert address(docker, container, other) in hosts
        assert docker("exec", container, "cat", "/etc/resolv.conf").endswith("# mine")
        docker("restart", "-t", "0", container)  # all is new then
        assert "mine" not in docker("exec", container, "cat", "/etc/resolv.conf", "/etc/hosts")
    finally:
        docker("rm", "-f", container)
        docker("network", "rm", other)


@pytest.mark.row("G9")
@pytest.mark.peer("dig")
def test_the_hosts_address_has_a_name(docker: Docker, network: str, sleeper: Callable[..., str], dig: Dig) -> None:
    flags = ("--add-host", "host.docker.internal:host-gateway", "--add-host", "pinned.example:192.0.2.9")
    container = sleeper("--network", network, *flags)
    hosts = docker("exec", container, "cat", "/etc/hosts")
    assert "192.0.2.9\tpinned.example" in hosts
    gateway = next(line.split()[0] for line in hosts.splitlines() if line.endswith("host.docker.internal"))
    assert docker("exec", container, "ping", "-c", "1", gateway)
    assert dig("host.docker.internal", container) == [gateway]


@pytest.mark.dockyard_only
@pytest.mark.peer("dig")
def test_names_are_found_while_the_daemon_is_dead(own_engine: Engine) -> None:
    docker = own_engine.docker
    tool = program("dig")
    docker("network", "create", "apart")
    docker("run", "-d", "--network", "apart", "--name", "web", "-p", "80", "busybox", "sleep", "1000")
    asker = docker("run", "-d", "--network", "apart", "busybox", "sleep", "1000")
    expected = address(docker, "web", "apart")
    pid = docker("inspect", "-f", "{{.State.Pid}}", asker)
    host_port = int(docker("port", "web", "80/tcp").splitlines()[0].rsplit(":", 1)[1])
    companion = companion_pid(own_engine.run)

    def answer(name: str) -> str:
        command = ["nsenter", "-n", "-t", pid, *tool.command("@127.0.0.11", "+short", "+tries=1", "+time=2", name)]
        return subprocess.run(command, env=tool.environment, capture_output=True, text=True).stdout.strip()

    own_engine.kill()
    assert answer("web") == expected
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind(("0.0.0.0", host_port))
    own_engine.start()
    assert companion_pid(own_engine.run) == companion
    late = docker("run", "-d", "--network", "apart", "--name", "late", "busybox", "sleep", "1000")
    assert answer("late") == address(docker, late, "apart")
    assert companion is not None
    own_engine.kill(signal.SIGKILL)
    subprocess.run(["kill", "-9", str(companion)], check=True)
    own_engine.start()
    assert answer("web") == expected


@pytest.mark.row("G6", "G9")
@pytest.mark.dockyard_only
@pytest.mark.peer("dig")
def test_a_server_on_the_hosts_loopback(bridge_name: str, tmp_path: Path) -> None:
    """Containers on networks of users get it asked from the host, others get public servers instead, as with Docker."""
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.54\nsearch corp.example\noptions timeout:2\n")
    replaced = {"/etc/resolv.conf": tmp_path / "resolv.conf"}
    visitor = NamespaceThread("visitor")
    with dockyard_engine(f"{bridge_name}r", own_network=True, replaced=replaced) as engine:
        docker = engine.docker
        docker("load", "-i", str(busybox_image()))
        with open(f"/proc/{engine.pid}/ns/net") as namespace:
            server = visitor.run(namespace.fileno(), lambda: NameServer("127.0.0.54", says("198.51.100.54")))
        try:
            docker("network", "create", "front")
            asked = docker("run", "--rm", "--network", "front", "busybox", "nslookup", "name.example")
            assert "198.51.100.54" in asked
            ours = docker("run", "--rm", "--network", "front", "busybox", "cat", "/etc/resolv.conf")
            assert ours.splitlines() == ["nameserver 127.0.0.11", "search corp.example", "options timeout:2 ndots:0"]
            plain = docker("run", "--rm", "busybox", "cat", "/etc/resolv.conf").splitlines()
            assert plain[:2] == ["nameserver 8.8.8.8", "nameserver 8.8.4.4"]
            flags = ("--dns", "192.0.2.1", "--dns-search", ".", "--dns-option", "ndots:3")
            asks = docker("run", "--rm", *flags, "busybox", "cat", "/etc/resolv.conf")
            assert asks.splitlines() == ["nameserver 192.0.2.1", "options ndots:3"]
        finally:
            server.close()
            visitor.close()
