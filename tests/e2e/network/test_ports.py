"""Published ports: from the host, from another network namespace, from a container; TCP and UDP."""

import errno
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.http import fetch_page
from tests.support.wait import wait_until

WEB = ("busybox", "sh", "-c", "echo page of $HOSTNAME > /var/www/index.html; exec httpd -f -p 80 -h /var/www")

UDP_ECHO = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", 5555))
while True:
    server.sendto(*server.recvfrom(100))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page(host: str, port: int) -> bytes:
    """The page, as soon as the server in the container listens."""

    def attempt() -> bytes:
        try:
            return fetch_page(host, port, timeout_seconds=2)
        except OSError:
            return b""

    return wait_until(attempt, f"a page from {host}:{port}", 10)


def is_refused(host: str, port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == errno.ECONNREFUSED


def published_port(docker: Docker, container: str, inside: str = "80/tcp") -> int:
    return int(docker("port", container, inside).splitlines()[0].rsplit(":", 1)[1])


@pytest.fixture
def neighbour(engine: Engine) -> Iterator[tuple[str, str]]:
    """Another host: a network namespace behind a veth pair. Gives its name, and the address at which it reaches us."""
    name = f"dytn{os.getpid() % 100000}"
    script = f"""
        ip netns add {name}
        ip link add {name}h type veth peer name eth0 netns {name}
        ip addr add 198.51.100.1/24 dev {name}h
        ip link set {name}h up
        ip -n {name} addr add 198.51.100.2/24 dev eth0
        ip -n {name} link set eth0 up
        ip -n {name} link set lo up
    """
    subprocess.run(["sh", "-ec", script], check=True)
    try:
        yield name, "198.51.100.1"
    finally:
        subprocess.run(["ip", "link", "delete", f"{name}h"])
        subprocess.run(["ip", "netns", "delete", name])


@pytest.mark.row("G4", "G7")
def test_a_port_is_served_on_all_addresses_of_the_host(docker: Docker) -> None:
    port = free_port()
    container = docker("run", "-d", "-p", f"{port}:80", *WEB)
    wanted = f"page of {container[:12]}\n".encode()
    assert page("127.0.0.1", port) == wanted
    gateway = docker.field(container, "{{.NetworkSettings.Gateway}}")
    assert page(gateway, port) == wanted
    bindings = docker.inspect(container)["NetworkSettings"]["Ports"]["80/tcp"]
    assert {"HostIp": "0.0.0.0", "HostPort": str(port)} in bindings
    assert docker("port", container).splitlines()[0] == f"80/tcp -> 0.0.0.0:{port}"
    docker("rm", "-f", container)
    wait_until(lambda: is_refused("127.0.0.1", port), "the port to be closed")


@pytest.mark.row("G4")
def test_another_host_reaches_it(docker: Docker, neighbour: tuple[str, str]) -> None:
    namespace, address = neighbour
    container = docker("run", "-d", "-p", "0:80", *WEB)
    port = published_port(docker, container)
    page("127.0.0.1", port)
    fetch = ["ip", "netns", "exec", namespace, "curl", "-sS", "-m", "5", f"http://{address}:{port}/"]
    assert subprocess.run(fetch, capture_output=True, text=True, check=True).stdout == f"page of {container[:12]}\n"


@pytest.mark.row("G4")
def test_a_container_reaches_itself_and_others_through_the_host(docker: Docker) -> None:
    container = docker("run", "-d", "-p", "0:80", *WEB)
    port = published_port(docker, container)
    page("127.0.0.1", port)
    gateway = docker.field(container, "{{.NetworkSettings.Gateway}}")
    url = f"http://{gateway}:{port}/"
    assert docker("exec", container, "wget", "-qO-", url) == f"page of {container[:12]}"
    assert docker("run", "--rm", "busybox", "wget", "-qO-", url) == f"page of {container[:12]}"


@pytest.mark.row("G4")
def test_a_port_of_127_0_0_1_is_for_this_host_only(docker: Docker, neighbour: tuple[str, str]) -> None:
    namespace, address = neighbour
    container = docker("run", "-d", "-p", "127.0.0.1:0:80", *WEB)
    port = published_port(docker, container)
    assert docker("port", container, "80/tcp") == f"127.0.0.1:{port}"
    assert page("127.0.0.1", port) == f"page of {container[:12]}\n".encode()
    fetch = ["ip", "netns", "exec", namespace, "curl", "-sS", "-m", "2", f"http://{address}:{port}/"]
    assert subprocess.run(fetch, capture_output=True).returncode != 0
    with pytest.raises(OSError, match=r"refused|timed out"):
        fetch_page(docker.field(container, "{{.NetworkSettings.Gateway}}"), port, timeout_seconds=2)


@pytest.mark.row("G4")
def test_udp(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper("-p", "127.0.0.1:0:5555/udp")
    port = published_port(docker, container, "5555/udp")
    # the image has no UDP server, so one of ours listens in the container's network namespace
    enter = ["nsenter", "-n", "-t", docker.field(container, "{{.State.Pid}}")]
    server = subprocess.Popen([*enter, sys.executable, "-I", "-c", UDP_ECHO])

    def answer() -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.5)
            client.sendto(b"hello", ("127.0.0.1", port))
            try:
                return client.recv(100)
            except OSError:
                return b""

    try:
        assert wait_until(answer, "an answer over UDP", 10) == b"hello"
    finally:
        server.kill()
        server.wait()


@pytest.mark.row("G7")
def test_ranges_and_several_bindings(docker: Docker, sleeper: Callable[..., str]) -> None:
    container = sleeper("-p", "127.0.0.1::80", "-p", "127.0.0.1::80", "-p", "127.0.0.1::53/udp", "--expose", "99")
    ports = docker.inspect(container)["NetworkSettings"]["Ports"]
    assert len(ports["80/tcp"]) == 2
    assert len({binding["HostPort"] for binding in ports["80/tcp"]}) == 2
    assert len(ports["53/udp"]) == 1
    assert ports["99/tcp"] is None
    asked = docker.inspect(container)["HostConfig"]["PortBindings"]
    assert {key: len(value) for key, value in asked.items()} == {"80/tcp": 2, "53/udp": 1}


def test_a_taken_port_is_refused_and_leaves_nothing(docker: Docker, sleeper: Callable[..., str]) -> None:
    port = free_port()
    sleeper("-p", f"{port}:80")
    result = docker.result("run", "-d", "--name", "late", "-p", f"{port}:80", "busybox", "sleep", "1000")
    assert result.code == 125
    assert re.search(rf"Bind for (0\.0\.0\.0|:::?):{port} failed: port is already allocated", result.err)
    assert docker.field("late", "{{.State.Status}}") == "created"
    docker("rm", "late")
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        taken = other.getsockname()[1]
        result = docker.result("run", "-d", "-p", f"{taken}:80", "busybox", "sleep", "1000")
        assert result.code == 125
        assert "address already in use" in result.err


@pytest.mark.row("B15")
def test_publish_all_and_a_bind_mount_serve_the_hosts_file(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("from the host\n")
    tmp_path.chmod(0o755)
    httpd = ("busybox", "httpd", "-f", "-p", "80", "-h", "/srv/html")
    container = docker("run", "-d", "-P", "--expose", "80", "--name", "web", "-v", f"{tmp_path}:/srv/html", *httpd)
    port = published_port(docker, container)
    assert 32768 <= port <= 60999
    assert page("127.0.0.1", port) == b"from the host\n"


@pytest.mark.dockyard_only
@pytest.mark.row("G4")
def test_ports_survive_a_flush_of_the_hosts_rules_and_a_restart(own_engine: Engine) -> None:
    docker = own_engine.docker
    container = docker("run", "-d", "-p", "127.0.0.1:0:80", *WEB)
    port = published_port(docker, container)
    page("127.0.0.1", port)
    own_engine.restart()
    assert page("127.0.0.1", port) == f"page of {container[:12]}\n".encode()
    assert published_port(docker, container) == port
