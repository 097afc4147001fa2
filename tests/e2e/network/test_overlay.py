"""An overlay network over two hosts: two daemons in network namespaces with a cable between them, real containers."""

import json
from collections.abc import Callable

import pytest
from tests.peers.programs import Program
from tests.support.client import Docker
from tests.support.engine import PROGRAMS, Engine

ADDRESSES = ("192.0.2.1", "192.0.2.2")
VNI = "com.docker.network.driver.overlay.vxlanid_list=4100"


@pytest.fixture
def engines(make_engine: Callable[..., Engine]) -> tuple[Engine, Engine]:
    """The first knows the second by its address; the second has to be told who is on the first."""
    one = make_engine(f"--overlay-address={ADDRESSES[0]}", f"--overlay-peer={ADDRESSES[1]}", own_network=True)
    other = make_engine(f"--overlay-address={ADDRESSES[1]}", own_network=True)
    cable = ["ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns"]
    one.in_network(*cable, str(other.pid))
    for engine, address in zip((one, other), ADDRESSES, strict=True):
        engine.in_network("ip", "address", "add", f"{address}/24", "dev", "wire")
        engine.in_network("ip", "link", "set", "wire", "up")
    return one, other


@pytest.mark.row("G5")
def test_containers_of_both_hosts_ping_each_other(engines: tuple[Engine, Engine]) -> None:
    for number, engine in enumerate(engines, 1):
        blocks = ("--subnet=10.9.0.0/16", "--gateway=10.9.0.1", f"--ip-range=10.9.{number}.0/24")
        engine.docker("network", "create", "-d", "overlay", "--attachable", *blocks, "-o", VNI, "far")
        engine.docker("run", "-d", "--net=far", f"--ip=10.9.{number}.5", "--name=one", "busybox", "sleep", "1000")
    one, other = engines
    refused = one.docker.result("exec", "one", "ping", "-c1", "-W1", "10.9.2.5")
    assert refused.code == 1, "the second host doesn't let in whom it doesn't know"
    dockyard = Docker(Program(str(PROGRAMS / "dockyard"), (), other.docker.client.environment))
    dockyard("network", "peers", "far", f"10.9.1.5@{ADDRESSES[0]}")
    assert "2 packets received" in one.docker("exec", "one", "ping", "-c2", "-i0.2", "-s1400", "10.9.2.5")
    assert "1 packets received" in other.docker("exec", "one", "ping", "-c1", "10.9.1.5")
    shown = json.loads(one.docker("network", "inspect", "far"))[0]
    assert (shown["Driver"], shown["Scope"], shown["Attachable"]) == ("overlay", "local", True)
    assert one.docker("exec", "one", "cat", "/sys/class/net/eth0/mtu") == "1450"
    other.restart()
    assert "1 packets received" in one.docker("exec", "one", "ping", "-c1", "10.9.2.5")
    for engine in engines:
        engine.docker("rm", "-f", "one")
        engine.docker("network", "rm", "far")
        assert "vx-" not in engine.in_network("ip", "link")
