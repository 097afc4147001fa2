"""The default bridge, and a container's address on it."""

import json
import subprocess
from collections.abc import Callable
from ipaddress import ip_address, ip_interface, ip_network

import pytest
from tests.support.client import Docker
from tests.support.engine import Engine


def bridge_interface(engine: Engine) -> str:
    """Address and prefix length of the engine's bridge."""
    shown = subprocess.run(
        ["ip", "-j", "addr", "show", "dev", engine.bridge], capture_output=True, text=True, check=True
    )
    address = next(entry for entry in json.loads(shown.stdout)[0]["addr_info"] if entry["family"] == "inet")
    return f"{address['local']}/{address['prefixlen']}"


@pytest.mark.row("G1")
def test_the_bridge_has_the_gateways_address(docker: Docker, engine: Engine, sleeper: Callable[..., str]) -> None:
    own = ip_interface(bridge_interface(engine))
    network = docker.inspect("bridge", "--type", "network")
    config = network["IPAM"]["Config"][0]
    assert ip_network(config["Subnet"]) == own.network
    assert network["Options"]["com.docker.network.bridge.name"] == engine.bridge
    assert docker.field(sleeper(), "{{.NetworkSettings.Gateway}}") == str(own.ip)


@pytest.mark.dockyard_only
@pytest.mark.row("G1")
def test_bip_sets_the_address(make_engine: Callable[..., Engine]) -> None:
    engine = make_engine("--bip=10.123.45.1/24", own_network=True)
    shown = engine.in_network("ip", "-4", "-o", "addr", "show", "dev", "docker0")
    assert "inet 10.123.45.1/24" in shown
    shown = engine.docker("run", "--rm", "busybox", "ip", "-4", "-o", "addr", "show", "eth0")
    assert "inet 10.123.45.2/24" in shown


@pytest.mark.row("G2")
def test_inspect_tells_what_the_container_has(docker: Docker, engine: Engine, sleeper: Callable[..., str]) -> None:
    container = sleeper()
    told = docker.inspect(container)["NetworkSettings"]
    own = ip_interface(bridge_interface(engine))
    address = ip_address(told["IPAddress"])
    assert address in own.network
    assert address != own.ip
    assert (told["Gateway"], told["IPPrefixLen"]) == (str(own.ip), own.network.prefixlen)
    assert told["MacAddress"] == "02:42:" + ":".join(f"{byte:02x}" for byte in address.packed)
    for key in ("EndpointID", "SandboxID"):
        assert len(told[key]) == 64
    assert told["Networks"]["bridge"]["NetworkID"] == docker("network", "inspect", "-f", "{{.Id}}", "bridge")
    shown = docker("exec", container, "ip", "addr", "show", "eth0")
    assert f"inet {address}/{own.network.prefixlen}" in shown
    assert f"link/ether {told['MacAddress']}" in shown
    route = docker("exec", container, "ip", "route").splitlines()
    assert route[0].split()[:5] == ["default", "via", str(own.ip), "dev", "eth0"]


@pytest.mark.row("G2")
def test_containers_reach_each_other_and_the_host(docker: Docker, engine: Engine, sleeper: Callable[..., str]) -> None:
    one, two = sleeper(), sleeper()
    other = docker.field(two, "{{.NetworkSettings.IPAddress}}")
    assert "1 packets received" in docker("exec", one, "ping", "-c", "1", "-W", "2", other)
    assert "1 packets received" in docker(
        "exec", one, "ping", "-c", "1", "-W", "2", bridge_interface(engine).split("/")[0]
    )


def test_addresses_are_given_again_and_never_twice(docker: Docker, sleeper: Callable[..., str]) -> None:
    containers = [sleeper() for _ in range(4)]
    addresses = [docker.field(container, "{{.NetworkSettings.IPAddress}}") for container in containers]
    assert len(set(addresses)) == 4
    docker("rm", "-f", *containers)
    assert docker.field(sleeper(), "{{.NetworkSettings.IPAddress}}")


def test_network_none_has_loopback_only(docker: Docker) -> None:
    shown = docker("run", "--rm", "--network", "none", "busybox", "ip", "-o", "link")
    assert [line.split(": ")[1] for line in shown.splitlines() if "sit0" not in line and "tunl0" not in line] == ["lo"]
    assert "UP" in shown.splitlines()[0]


def test_network_host_sees_the_hosts_links(docker: Docker, engine: Engine) -> None:
    shown = docker("run", "--rm", "--network", "host", "busybox", "ip", "-o", "link")
    assert f": {engine.bridge}: " in shown


def test_network_ls_lists_the_three(docker: Docker) -> None:
    shown = docker("network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Scope}}").splitlines()
    assert {"bridge bridge local", "host host local", "none null local"} <= set(shown)


def test_resolv_conf_and_dns_options(docker: Docker) -> None:
    shown = docker(
        "run", "--rm", "--dns", "9.9.9.9", "--dns-search", "example.test", "busybox", "cat", "/etc/resolv.conf"
    )
    assert "nameserver 9.9.9.9" in shown
    assert "search example.test" in shown
    shown = docker("run", "--rm", "--add-host", "other:10.1.2.3", "busybox", "cat", "/etc/hosts")
    assert ["10.1.2.3", "other"] in [line.split() for line in shown.splitlines()]
