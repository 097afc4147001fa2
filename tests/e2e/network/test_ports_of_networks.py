"""Published ports of containers on networks of users: both families, from other bridges, clients as they are."""

import subprocess
from collections.abc import Callable

import pytest
from tests.e2e.network.test_ports import WEB
from tests.support.engine import Engine
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only


@pytest.fixture
def apart(make_engine: Callable[..., Engine]) -> Engine:
    """An engine in a network namespace of its own: forwarding of IPv6 is switched on there."""
    return make_engine(own_network=True)


def is_served(engine: Engine, url: str) -> bool:
    done = subprocess.run([*engine.enter_network(), "curl", "-g", "-s", "-m", "2", url], capture_output=True)
    return b"page of" in done.stdout


@pytest.mark.row("G4")
def test_both_families_also_while_the_daemon_is_dead(apart: Engine) -> None:
    docker = apart.docker
    docker("network", "create", "--ipv6", "--subnet", "fd42:d0c::/64", "both")
    docker("network", "create", "old")
    docker("run", "-d", "--network", "both", "-p", "8080:80", "-p", "[::1]:8082:80", *WEB)
    docker("run", "-d", "--network", "old", "-p", "8081:80", *WEB)
    urls = [f"http://{host}:{port}" for port in (8080, 8081) for host in ("127.0.0.1", "[::1]")]
    for url in (*urls, "http://[::1]:8082"):
        wait_until(lambda url=url: is_served(apart, url), url)
    assert not is_served(apart, "http://127.0.0.1:8082")
    apart.kill()
    for url in urls:
        assert is_served(apart, url), url
    apart.start()
    for url in urls:
        assert is_served(apart, url), url


@pytest.mark.row("G4", "G8")
def test_from_another_bridge_and_back_to_itself(apart: Engine) -> None:
    docker = apart.docker
    for name in ("front", "back"):
        docker("network", "create", name)
    web = docker("run", "-d", "--network", "back", "-p", "8080:80", *WEB)
    asker = docker("run", "-d", "--network", "front", "busybox", "sleep", "1000")
    gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "front")
    for container in (asker, web):
        assert "page of" in docker("exec", container, "wget", "-qO-", f"http://{gateway}:8080")
    own = docker("inspect", "-f", "{{.NetworkSettings.Networks.back.IPAddress}}", web)
    assert docker.result("exec", asker, "timeout", "2", "wget", "-qO-", f"http://{own}").code != 0
