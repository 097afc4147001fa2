"""Debian's own ufw and firewalld beside the engine: containers have their network, also after a reload.

outside 198.51.100.2 ──── uplink 198.51.100.1 [engine and firewall] bridge ──── containers
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.peers.firewalls import host_firewall
from tests.peers.guarded import Guard
from tests.support.engine import Engine
from tests.support.wait import wait_until

WEB = ("busybox", "sh", "-c", "mkdir /www; echo page of web >/www/index.html; exec httpd -f -h /www")


@pytest.fixture
def outside(make_engine: Callable[..., Engine], tmp_path: Path) -> Iterator[tuple[Engine, int]]:
    """An engine whose host has a neighbour, and the pid of a process there."""
    engine = make_engine(own_network=True)
    with Guard([], grace_seconds=1) as guard:
        pid = guard.start(["unshare", "-n", "sleep", "infinity"], tmp_path / "outside.log")
        wait_until(lambda: Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink(), "outside")
        engine.in_network(*["ip", "link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns"], str(pid))
        engine.in_network(*["ip", "address", "add", "198.51.100.1/24", "dev", "uplink"])
        engine.in_network(*["ip", "link", "set", "uplink", "up"])
        for command in ("address add 198.51.100.2/24 dev eth0", "link set eth0 up", "link set lo up"):
            subprocess.run(["nsenter", "-n", "-t", str(pid), "ip", *command.split()], check=True)
        yield engine, pid


def fetched(pid: int, url: str) -> bool:
    command = ("nsenter", "-n", "-t", str(pid), "curl", "-s", "-m", "1", url)
    return b"page of" in subprocess.run(command, capture_output=True).stdout


@pytest.mark.slow
@pytest.mark.row("X14")
@pytest.mark.dockyard_only
@pytest.mark.parametrize("name", ["ufw", "firewalld"])
@pytest.mark.parametrize("first", ["engine", "firewall"])
def test_containers_have_their_network_beside_it(
    outside: tuple[Engine, int], name: str, first: str, tmp_path: Path
) -> None:
    engine, pid = outside
    docker = engine.docker
    if first == "engine":
        docker("run", "-d", "-p", "8080:80", "--name", "web", *WEB)
    with host_firewall(name, tmp_path / "firewall", engine.enter_network()) as firewall:
        if first == "firewall":
            started = docker.result("run", "-d", "-p", "8080:80", "--name", "web", *WEB)
            assert f"although {name} closes this one by default" in started.err
        served = subprocess.Popen(
            ["nsenter", "-n", "-t", str(pid), "python3", "-m", "http.server", "-d", str(tmp_path), "7000"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        (tmp_path / "index.html").write_text("page of outside\n")
        get = "printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | nc -w 1 198.51.100.2 7000"
        try:
            for reloaded in (False, True, True):
                if reloaded:
                    firewall.reload()
                wait_until(lambda: fetched(pid, "http://198.51.100.1:8080/"), "the port from outside", 5)
                wait_until(
                    lambda: "page of outside" in docker.result("exec", "web", "sh", "-c", get).out, "the way out", 5
                )
        finally:
            served.kill()
            served.wait()
