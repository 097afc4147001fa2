"""Published ports and the host's firewall: rules that somebody flushes come back, and users are told what is open."""

import subprocess
from collections.abc import Callable

import pytest
from tests.e2e.network.test_ports import WEB
from tests.support.engine import Engine
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only

UFW = """
table ip filter {
  chain ufw-before-input { tcp dport 22 accept; }
  chain INPUT { type filter hook input priority filter; policy drop; iif lo accept; jump ufw-before-input; }
}
"""

OWN = """
table inet mine {
  chain in { type filter hook input priority filter; policy drop; iif lo accept; }
}
"""


@pytest.fixture
def apart(make_engine: Callable[..., Engine]) -> Engine:
    """An engine in a network namespace of its own, whose rules the test may flush."""
    return make_engine(own_network=True)


def nft(engine: Engine, commands: str) -> None:
    enter = ("nsenter", "-n", "-t", str(engine.pid), "nft", "-f", "-")
    subprocess.run(enter, input=commands, text=True, check=True)


def fetched(engine: Engine, url: str) -> bool:
    command = ("nsenter", "-n", "-t", str(engine.pid), "curl", "-s", "-m", "1", url)
    return b"page of" in subprocess.run(command, capture_output=True).stdout


@pytest.mark.row("X14")
def test_rules_come_back_after_a_flush_while_containers_serve(apart: Engine) -> None:
    docker = apart.docker
    docker("network", "create", "front")
    docker("run", "-d", "-p", "8080:80", *WEB)
    docker("run", "-d", "--network", "front", "-p", "8081:80", *WEB)
    asker = docker("run", "-d", "busybox", "sleep", "1000")
    gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bridge")
    for port in (8080, 8081):
        wait_until(lambda port=port: fetched(apart, f"http://127.0.0.1:{port}"), f"a page at port {port}")
    before = apart.in_network("nft", "-s", "list", "ruleset")
    for _ in range(3):
        nft(apart, "flush ruleset")
        for port in (8080, 8081):
            wait_until(lambda port=port: fetched(apart, f"http://127.0.0.1:{port}"), f"port {port} after a flush", 5)
            assert "page of" in docker("exec", asker, "wget", "-qO-", f"http://{gateway}:{port}")
        wait_until(
            lambda: sorted(apart.in_network("nft", "-s", "list", "ruleset").split("\n")) == sorted(before.split("\n")),
            "all rules",
        )


@pytest.mark.row("X14")
@pytest.mark.parametrize(("rules", "name"), [(UFW, "ufw"), (OWN, "chain in of table inet mine")])
def test_a_port_past_the_hosts_firewall_is_told(apart: Engine, rules: str, name: str) -> None:
    docker = apart.docker
    silent = docker.result("run", "--rm", "-p", "8080:80", "busybox", "true")
    assert (silent.code, silent.err) == (0, "")
    nft(apart, rules)
    told = docker.result("run", "--rm", "-p", "8080:80", "busybox", "true")
    assert told.code == 0
    assert f"WARNING: Published ports are reachable from other hosts, although {name} closes this one" in told.err
    local = docker.result("run", "--rm", "-p", "127.0.0.1:8080:80", "busybox", "true")
    assert (local.code, local.err) == (0, "")
