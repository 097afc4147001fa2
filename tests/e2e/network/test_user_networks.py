"""Networks of users: made, used, connected and disconnected while containers run, removed."""

import json
import os
import secrets
from collections.abc import Callable, Iterator

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.http import fetch_page, request


@pytest.fixture
def network(docker: Docker) -> Iterator[Callable[..., str]]:
    """Make a network: `network("--internal")` gives its name. They go after the test, with the containers in them."""
    names: list[str] = []

    def make(*options: str) -> str:
        name = f"n{secrets.token_hex(4)}"
        docker("network", "create", *options, name)
        names.append(name)
        return name

    yield make
    for name in names:
        containers = docker.result("ps", "-aq", "--filter", f"network={name}").out.split()
        if containers:
            docker.result("rm", "-f", *containers)
        docker.result("network", "rm", name)


def addresses(docker: Docker, container: str) -> dict[str, list[str]]:
    """Links of the container and their addresses of global scope."""
    shown = docker("exec", container, "ip", "-o", "addr", "show")
    found: dict[str, list[str]] = {}
    for line in shown.splitlines():
        words = line.split()
        if words[2] in ("inet", "inet6") and "scope global" in line:
            found.setdefault(words[1], []).append(words[3])
    return found


@pytest.mark.row("G8")
def test_connect_adds_a_link_and_disconnect_takes_it(
    docker: Docker, network: Callable[..., str], sleeper: Callable[..., str]
) -> None:
    name = network()
    container = sleeper()
    docker("network", "connect", name, container)
    told = docker.inspect(container)["NetworkSettings"]["Networks"][name]
    assert addresses(docker, container)["eth1"] == [f"{told['IPAddress']}/{told['IPPrefixLen']}"]
    assert container in docker.inspect(name, "--type", "network")["Containers"]
    docker("network", "disconnect", name, container)
    assert set(addresses(docker, container)) == {"eth0"}
    assert list(docker.inspect(container)["NetworkSettings"]["Networks"]) == ["bridge"]
    assert docker.inspect(name, "--type", "network")["Containers"] == {}


@pytest.mark.row("G8")
def test_bridges_are_closed_to_each_other(
    docker: Docker, network: Callable[..., str], sleeper: Callable[..., str]
) -> None:
    one, other = network(), network()
    first, second = sleeper("--network", one), sleeper("--network", other)
    there = docker.inspect(second)["NetworkSettings"]["Networks"][other]["IPAddress"]
    assert docker.result("exec", first, "ping", "-c1", "-W1", there).code != 0
    docker("network", "connect", other, first)
    docker("exec", first, "ping", "-c1", "-W2", there)


@pytest.mark.row("G8")
def test_an_internal_network_has_no_way_out(
    docker: Docker, network: Callable[..., str], sleeper: Callable[..., str]
) -> None:
    name = network("--internal")
    first, second = sleeper("--network", name), sleeper("--network", name)
    assert "default" not in docker("exec", first, "ip", "route")
    there = docker.inspect(second)["NetworkSettings"]["Networks"][name]["IPAddress"]
    docker("exec", first, "ping", "-c1", "-W2", there)


def test_addresses_of_the_users_choice(docker: Docker, network: Callable[..., str]) -> None:
    name = network(
        *("--subnet", "10.231.0.0/16", "--ip-range", "10.231.5.0/24", "--gateway", "10.231.5.254"),
        *("--aux-address", "printer=10.231.5.0", "--ipv6", "--subnet", "fd00:231::/64"),
    )
    ask = ("--rm", "--network", name, "busybox", "sh", "-c", "ip -o addr show eth0; ip route; ip -6 route")
    shown = docker("run", *ask)
    assert "inet 10.231.5.1/16" in shown
    assert "inet6 fd00:231::2/64" in shown
    assert "default via 10.231.5.254" in shown
    assert "default via fd00:231::1" in shown
    shown = docker("run", "--ip", "10.231.77.7", "--ip6", "fd00:231::77", *ask)
    assert "inet 10.231.77.7/16" in shown
    assert "inet6 fd00:231::77/64" in shown
    refused = docker.result("run", "--ip", "10.9.9.9", *ask)
    assert (refused.code, "no configured subnet contains IP address 10.9.9.9" in refused.err) == (125, True)


@pytest.mark.dockyard_only  # several at creation are newer than Debian's client; asked for over the API
def test_several_networks_at_creation(docker: Docker, network: Callable[..., str]) -> None:
    one, other = sorted((network(), network()))
    body = {
        "Image": "busybox",
        "Cmd": ["sleep", "1000"],
        "HostConfig": {"NetworkMode": other},
        "NetworkingConfig": {"EndpointsConfig": {one: {"GwPriority": 1}, other: {"Aliases": ["web"]}}},
    }
    made = request(docker.socket, "POST", "/v1.48/containers/create", body)
    container = made.json()["Id"]
    docker("start", container)
    told = docker.inspect(container)["NetworkSettings"]["Networks"]
    found = addresses(docker, container)
    assert found["eth0"] == [f"{told[other]['IPAddress']}/{told[other]['IPPrefixLen']}"]
    assert found["eth1"] == [f"{told[one]['IPAddress']}/{told[one]['IPPrefixLen']}"]
    route = docker("exec", container, "ip", "route", "show", "default")
    assert f"via {told[one]['Gateway']} dev eth1" in route
    docker("network", "disconnect", one, container)
    route = docker("exec", container, "ip", "route", "show", "default")
    assert f"via {told[other]['Gateway']} dev eth0" in route


def test_a_stopped_container_is_connected_at_its_start(docker: Docker, network: Callable[..., str]) -> None:
    name = network()
    container = docker("create", "busybox", "sleep", "1000")
    docker("network", "connect", "--alias", "later", name, container)
    assert set(docker.inspect(container)["NetworkSettings"]["Networks"]) == {"bridge", name}
    docker("start", container)
    assert set(addresses(docker, container)) == {"eth0", "eth1"}
    docker("stop", "-t0", container)
    docker("network", "disconnect", "bridge", container)
    docker("start", container)
    assert set(addresses(docker, container)) == {"eth0"}
    assert docker.inspect(container)["NetworkSettings"]["Networks"][name]["IPAddress"]


def test_a_network_that_is_gone_is_not_taken_for_another(docker: Docker, network: Callable[..., str]) -> None:
    other = network()
    name = docker.inspect(other, "--type", "network")["Id"][:7]  # also the beginning of another network's id
    docker("network", "create", name)
    container = docker("create", "--network", name, "busybox", "true")
    docker("network", "rm", name)
    refused = docker.result("start", container)
    assert (refused.code, f"network {name} not found" in refused.err) == (1, True)
    docker("network", "create", name)
    docker("start", container)
    docker("wait", container)
    docker("network", "rm", name)


def test_a_network_in_use_is_not_removed(
    docker: Docker, network: Callable[..., str], sleeper: Callable[..., str]
) -> None:
    name = network()
    container = sleeper("--network", name)
    refused = docker.result("network", "rm", name)
    assert (refused.code, "has active endpoints" in refused.err) == (1, True)
    docker("rm", "-f", container)
    docker("network", "rm", name)
    assert docker.result("network", "inspect", name).code == 1


@pytest.mark.dockyard_only  # Debian's dockerd publishes in every network
def test_published_ports_follow_the_way_out(docker: Docker, network: Callable[..., str]) -> None:
    one, internal = network(), network("--internal")
    container = docker("run", "-d", "-p", "80", "--network", internal, "busybox", "httpd", "-f", "-h", "/etc")
    assert docker("port", container) == ""
    docker("network", "connect", one, container)
    port = int(docker("port", container, "80/tcp").splitlines()[0].rpartition(":")[2])
    assert b"root" in fetch_page("127.0.0.1", port, "/passwd")
    docker("network", "connect", "bridge", container)
    docker("network", "disconnect", one, container)
    assert int(docker("port", container, "80/tcp").splitlines()[0].rpartition(":")[2]) == port
    assert b"root" in fetch_page("127.0.0.1", port, "/passwd")
    docker("network", "disconnect", "bridge", container)
    assert docker("port", container) == ""


@pytest.mark.row("U2")
def test_events_of_networks_in_order(docker: Docker, sleeper: Callable[..., str]) -> None:
    name = f"n{secrets.token_hex(4)}"
    since = docker("info", "--format", "{{.SystemTime}}")
    network_id = docker("network", "create", name)
    container = sleeper("--network", name)
    docker("network", "disconnect", name, container)
    docker("network", "connect", name, container)
    docker("rm", "-f", container)
    docker("network", "rm", name)
    until = docker("info", "--format", "{{.SystemTime}}")
    events = docker("events", "--since", since, "--until", until, "-f", "type=network", "--format", "{{json .}}")
    found = [json.loads(line) for line in events.splitlines()]
    own = [one for one in found if one["Actor"]["ID"] == network_id]
    assert [one["Action"] for one in own] == ["create", "connect", "disconnect", "connect", "disconnect", "destroy"]
    assert all(one["Actor"]["Attributes"]["name"] == name for one in own)
    assert all(one["Actor"]["Attributes"]["type"] == "bridge" for one in own)
    assert all(one["Actor"]["Attributes"]["container"] == container for one in own[1:5])


@pytest.mark.dockyard_only  # the messages are those of newer versions
@pytest.mark.row("G5")
def test_every_driver(docker: Docker, engine: Engine, network: Callable[..., str]) -> None:
    links = ("busybox", "sh", "-c", "ip -o link | cut -d: -f2 | cut -d@ -f1 | xargs")
    for driver in ("bridge", "macvlan"):
        assert docker("run", "--rm", "--network", network("-d", driver), *links) == "lo eth0"
    assert docker("run", "--rm", "--network", "none", *links) == "lo"
    namespace = docker("run", "--rm", "--network", "host", "busybox", "readlink", "/proc/self/ns/net")
    assert namespace == os.readlink(f"/proc/{engine.pid}/ns/net")
    made = docker.result("network", "create", "-d", "ipvlan", "ipvlan-of-the-test")
    if made.code == 0:
        docker("network", "rm", "ipvlan-of-the-test")
    else:
        assert "the kernel of this host has no ipvlan links" in made.err
    for driver, message in (
        ("overlay", "This node is not a swarm manager"),
        ("host", 'only one instance of "host" network is allowed'),
        ("null", 'only one instance of "null" network is allowed'),
        ("nope", 'plugin "nope" not found'),
    ):
        refused = docker.result("network", "create", "-d", driver, "never")
        assert (refused.code, message in refused.err) == (1, True), refused.err
