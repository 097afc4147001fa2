"""Overlay networks: two engines on two simulated hosts, whose containers are in one network over VXLAN.

[a] 192.0.2.1 ──── underlay ──── 192.0.2.2 [b]
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import SimulatedHost, bind_udp, connect_tcp, listen_tcp, nft, udp_client
from tests.integration.network.test_published_ports import UNREACHABLE, talk
from tests.integration.network.test_restart import kill
from tests.support.companion import kill_companion

from dockyard.errors import DockyardError, Forbidden, InvalidParameter
from dockyard.linux import network_namespace
from dockyard.linux.netlink import address, link, neighbor
from dockyard.linux.netlink.socket import NetlinkSocket
from dockyard.network.attachment import PortRequest, RemoteEndpoint, Subnet
from dockyard.network.config import NetworkConfig
from dockyard.network.drivers.overlay.options import VNIS
from dockyard.network.request import NetworkRequest

pytestmark = [pytest.mark.root, pytest.mark.row("G5")]

A, B = "192.0.2.1", "192.0.2.2"
UNDERLAY = "under"


class Pair:
    """Two hosts with a cable between them, and an engine on each."""

    def __init__(self, hosts: tuple[SimulatedHost, SimulatedHost], root: Path, *, flood: bool) -> None:
        self.hosts = hosts
        self.engines = tuple(
            OneEngine(
                host,
                root / local,
                NetworkConfig(overlay_address=local, overlay_peers=(remote,) if flood else ()),
            )
            for host, local, remote in zip(hosts, (A, B), (B, A), strict=True)
        )

    def create(self, **wanted: object) -> None:
        """The same network on both, with the same gateway; each gives out another part of its addresses."""
        for number, engine in enumerate(self.engines):
            engine.call(engine.controller.create_network, request(f"10.7.{number + 1}.0/24", **wanted))


def request(ip_range: str = "", vni: str = "4099", name: str = "far", **wanted: object) -> NetworkRequest:
    subnets = wanted.pop("subnets", (Subnet("10.7.0.0/16", "10.7.0.1", ip_range),))
    options = {VNIS: vni, **dict(wanted.pop("options", {}))}  # type: ignore[call-overload]
    return NetworkRequest(name, driver="overlay", subnets=subnets, options=tuple(options.items()), **wanted)  # type: ignore[arg-type]


@pytest.fixture
def hosts() -> Iterator[tuple[SimulatedHost, SimulatedHost]]:
    one, other = SimulatedHost(), SimulatedHost()
    namespace = other.run(network_namespace.open_current)
    one.run(lay_cable, namespace)
    one.run(plug_in, A)
    other.run(plug_in, B)
    os.close(namespace)
    one.run(wait_operational)
    yield one, other
    one.close()
    other.close()


@pytest.fixture
def make_pair(hosts: tuple[SimulatedHost, SimulatedHost], tmp_path: Path) -> Iterator[Callable[..., Pair]]:
    pairs = []

    def make(*, flood: bool = True) -> Pair:
        pairs.append(Pair(hosts, tmp_path, flood=flood))
        return pairs[-1]

    yield make
    for pair in pairs:
        for engine in pair.engines:
            engine.close()
            kill_companion(engine.root / "exec")


@pytest.fixture
def pair(make_pair: Callable[..., Pair]) -> Pair:
    return make_pair()


def lay_cable(namespace: int) -> None:
    rtnl = NetlinkSocket()
    cable = link.add_veth(
        UNDERLAY, master=0, mtu=1500, peer_name=UNDERLAY, peer_mac="02:00:00:00:01:02", peer_namespace=namespace
    )
    rtnl.transact(cable)
    rtnl.close()


def plug_in(own: str) -> None:
    rtnl = NetlinkSocket()
    index = socket.if_nametoindex(UNDERLAY)
    rtnl.transact(link.set_up(index), address.add(index, own, 24))
    rtnl.close()


def wait_operational() -> None:
    rtnl = NetlinkSocket()
    while not link.parse(rtnl.query(link.get_by_name(UNDERLAY))).is_operational:
        time.sleep(0.001)
    rtnl.close()


def converse(pair: Pair, server: tuple[int, str, str], client: tuple[int, str], timeout_seconds: float = 3) -> None:
    """TCP from one container to another, each given by the number of its host and its sandbox."""
    host, path, server_address = server
    with pair.hosts[host].inside(path, partial(listen_tcp, 80)) as listener:
        call = partial(connect_tcp, server_address, 80, timeout_seconds=timeout_seconds)
        talk(pair.hosts[client[0]].inside(client[1], call), listener)


def test_containers_of_two_hosts_talk_both_ways(pair: Pair) -> None:
    pair.create()
    a, b = pair.engines
    here, one = a.container(network="far")
    there, other = b.container(network="far", mac="02:99:00:00:00:01")
    assert (one.ipv4, other.ipv4, one.gateway, other.gateway) == ("10.7.1.0", "10.7.2.0", "10.7.0.1", "10.7.0.1")
    converse(pair, (1, there, other.ipv4), (0, here))
    converse(pair, (0, here, one.ipv4), (1, there))
    # A packet of the size that the links promise, and one in fragments: 1450 bytes inside, 1500 outside.
    assert pair.hosts[0].inside(here, lambda: mtu_of("eth0")) == 1450
    receiver = pair.hosts[1].inside(there, partial(bind_udp, 9))
    sender = pair.hosts[0].inside(here, partial(udp_client, other.ipv4, 9))
    for size in (1422, 60000):
        sender.send(bytes(size))
        assert len(receiver.recv(1 << 16)) == size


def mtu_of(name: str) -> int:
    rtnl = NetlinkSocket()
    try:
        return link.parse(rtnl.query(link.get_by_name(name))).mtu
    finally:
        rtnl.close()


def test_the_way_out_is_the_own_host(pair: Pair, hosts: tuple[SimulatedHost, SimulatedHost]) -> None:
    """The gateway has one address on both hosts, and each container gets out by its own, published ports come in."""
    pair.create()
    a, b = pair.engines
    here, one = a.container(PortRequest("tcp", 80, "", 8080, 8080), network="far")
    there, other = b.container(network="far")
    converse(pair, (1, there, other.ipv4), (0, here))
    for host, path in ((hosts[0], here), (hosts[1], there)):
        outside = host.outside(partial(listen_tcp, 7000))
        talk(host.inside(path, partial(connect_tcp, "198.51.100.2", 7000)), outside)
    listener = hosts[0].inside(here, partial(listen_tcp, 80))
    talk(hosts[0].outside(partial(connect_tcp, "198.51.100.1", 8080)), listener)
    # The host asks nobody: what it doesn't know as its own is unreachable, and no container elsewhere is misled.
    with pytest.raises(OSError, match=r"No route|timed out|unreachable"):
        hosts[0].run(connect_tcp, other.ipv4, 80, timeout_seconds=1)
    talk(hosts[0].run(connect_tcp, one.ipv4, 80), listener)
    outside = hosts[1].outside(partial(listen_tcp, 7001))
    talk(hosts[1].inside(there, partial(connect_tcp, "198.51.100.2", 7001)), outside)


def test_known_endpoints_are_reached_without_a_question_to_all(make_pair: Callable[..., Pair]) -> None:
    """What a cluster tells: who is where. Nothing is flooded, because no host is known but by its containers."""
    pair = make_pair(flood=False)
    pair.create()
    a, b = pair.engines
    here, one = a.container(network="far")
    there, other = b.container(network="far")
    with pytest.raises(UNREACHABLE):
        converse(pair, (1, there, other.ipv4), (0, here), timeout_seconds=0.3)
    a.call(a.controller.set_remote_endpoints, "far", [RemoteEndpoint(other.ipv4, other.mac, B)])
    b.call(b.controller.set_remote_endpoints, "far", [RemoteEndpoint(one.ipv4, one.mac, A)])
    converse(pair, (1, there, other.ipv4), (0, here))
    # A daemon that was killed knows them again.
    kill(a)
    a.start((one,))
    converse(pair, (0, here, one.ipv4), (1, there))
    a.call(a.controller.set_remote_endpoints, "far", [])
    with pytest.raises(UNREACHABLE):
        converse(pair, (1, there, other.ipv4), (0, here), timeout_seconds=0.3)


def test_what_comes_from_strangers_stays_out(pair: Pair, hosts: tuple[SimulatedHost, SimulatedHost]) -> None:
    """A container of another network, or a neighbour of the host, can't put frames into the network."""
    pair.create()
    a = pair.engines[0]
    here, one = a.container(network="far")
    receiver = hosts[0].inside(here, partial(bind_udp, 9))
    stranger, _ = a.container(name="stranger")
    forged = vxlan_datagram(4099, one.mac, one.ipv4)
    for source in (partial(hosts[0].inside, stranger), hosts[0].outside):
        for target in ("172.17.0.1", "198.51.100.1"):
            source(partial(_throw, target, forged))
    receiver.settimeout(0.3)
    with pytest.raises(TimeoutError):
        receiver.recv(100)
    for target in ("172.17.0.1", A):  # in the peer's name, which CAP_NET_RAW allows
        hosts[0].inside(stranger, partial(_throw_as, B, target, forged))
    with pytest.raises(TimeoutError):
        receiver.recv(100)
    # The same datagram from the peer comes in: it is the gate that kept it out.
    hosts[1].run(_throw, A, forged)
    assert receiver.recv(100) == b"forged"
    table = next(line for line in nft(hosts[0], "list tables").splitlines() if "dockyard-vx-" in line)
    nft(hosts[0], f"delete {table}")
    deadline = time.monotonic() + 5
    while table not in nft(hosts[0], "list tables"):
        assert time.monotonic() < deadline, "the gate is gone"
        time.sleep(0.01)


def _throw(target: str, datagram: bytes) -> None:
    with udp_client(target, 4789) as client, suppress(OSError):
        client.send(datagram)


def _throw_as(source: str, target: str, datagram: bytes) -> None:
    """From a raw socket, with whatever sender; the kernel fills in the rest of the header."""
    udp = (50000).to_bytes(2, "big") + (4789).to_bytes(2, "big") + (8 + len(datagram)).to_bytes(2, "big") + b"\0\0"
    header = b"\x45\0\0\0\0\0\0\0\x40\x11\0\0" + socket.inet_aton(source) + socket.inet_aton(target)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(header + udp + datagram, (target, 0))


def vxlan_datagram(vni: int, mac: str, target: str) -> bytes:
    """A UDP packet to port 9 of the target, in a frame, behind a VXLAN header."""
    data = b"forged"
    udp = (9).to_bytes(2, "big") * 2 + (8 + len(data)).to_bytes(2, "big") + b"\0\0" + data
    ip = bytearray(b"\x45\0" + (20 + len(udp)).to_bytes(2, "big") + b"\0\0\0\0\x40\x11\0\0")
    ip += socket.inet_aton("10.7.0.9") + socket.inet_aton(target)
    total = sum(int.from_bytes(ip[at : at + 2], "big") for at in range(0, 20, 2))
    total = (total & 0xFFFF) + (total >> 16)
    ip[10:12] = (~total & 0xFFFF).to_bytes(2, "big")
    frame = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex("029900000009") + b"\x08\0" + bytes(ip) + udp
    return b"\x08\0\0\0" + vni.to_bytes(3, "big") + b"\0" + frame


def test_a_deleted_link_comes_back_and_a_removed_network_leaves_nothing(pair: Pair, wait_until) -> None:
    pair.create()
    a, b = pair.engines
    here, one = a.container(network="far")
    there, other = b.container(network="far")
    tunnels = [name for name in a.host.links() if name.startswith("vx-")]
    a.host.run(delete_link, tunnels[0])
    wait_until(lambda: tunnels[0] in a.host.links())
    converse(pair, (1, there, other.ipv4), (0, here))
    a.end(one)
    a.call(a.controller.remove_network, "far")
    assert not [name for name in a.host.links() if name.startswith(("vx-", "br-"))]
    assert "vx-" not in nft(a.host, "list tables")


def test_a_killed_daemon_goes_on_and_clears_up(pair: Pair) -> None:
    pair.create()
    a, b = pair.engines
    here, one = a.container(network="far")
    there, other = b.container(network="far")
    kill(a)
    converse(pair, (1, there, other.ipv4), (0, here))
    a.start((one,))
    converse(pair, (0, here, one.ipv4), (1, there))
    a.close()  # with a container: its links stay
    converse(pair, (1, there, other.ipv4), (0, here))
    a.start(())
    a.close()  # with none
    assert not [name for name in a.host.links() if name.startswith("vx-")]
    a.start(())
    assert [name for name in a.host.links() if name.startswith("vx-")]


def delete_link(name: str) -> None:
    rtnl = NetlinkSocket()
    rtnl.transact(link.delete(socket.if_nametoindex(name)))
    rtnl.close()


def test_by_ipv6_inside(pair: Pair) -> None:
    for number, engine in enumerate(pair.engines, 1):
        blocks = (Subnet("10.7.0.0/16", "10.7.0.1", f"10.7.{number}.0/24"), Subnet("fd00:7::/64", "fd00:7::1"))
        engine.call(engine.controller.create_network, request(subnets=blocks, enable_ipv6=True))
    a, b = pair.engines
    here, _ = a.container(network="far", ipv6="fd00:7::a")
    there, other = b.container(network="far", ipv6="fd00:7::b")
    listener = pair.hosts[1].inside(there, partial(listen_tcp, 80, "::"))
    with listener, pair.hosts[0].inside(here, partial(connect_tcp, other.ipv6, 80)):
        listener.accept()[0].close()


def test_without_a_swarm_and_an_address_there_is_no_such_driver(make_engine: Callable[..., OneEngine]) -> None:
    engine = make_engine()
    with pytest.raises(Forbidden, match="This node is not a swarm manager"):
        engine.call(engine.controller.create_network, request())


def test_what_the_driver_cannot_do_is_refused(pair: Pair) -> None:
    a = pair.engines[0]

    def refused(match: str, **wanted: object) -> None:
        with pytest.raises(DockyardError, match=match):
            a.call(a.controller.create_network, request(**wanted))

    refused("encrypted overlay networks aren't supported", options={"encrypted": ""})
    refused("needs its VXLAN number", vni="")
    refused("has one VXLAN number", vni="7,8")
    for vni in ("0", "16777216", "x", "-1"):
        refused("must be between 1 and 16777215", vni=vni)
    refused("too small", options={"com.docker.network.driver.mtu": "100"})
    a.call(a.controller.create_network, request())
    refused("vxlan id 4099 is in use by network far", name="second", subnets=())
    with pytest.raises(InvalidParameter, match="isn't an overlay network"):
        a.call(a.controller.set_remote_endpoints, "bridge", [])


def test_a_network_of_before_without_an_address_now_stays_and_says_why(pair: Pair) -> None:
    pair.create()
    a = pair.engines[0]
    a.close()
    before, a.config = a.config, NetworkConfig()
    a.start(())
    with pytest.raises(DockyardError, match="need the daemon's option --overlay-address"):
        a.container(network="far")
    a.close()
    a.config = before
    a.start(())
    a.container(network="far")


def test_learned_entries_are_the_links_own(pair: Pair) -> None:
    """A reassertion drops what it put there, not what the kernel has learned meanwhile."""
    pair.create()
    a, b = pair.engines
    here, _ = a.container(network="far")
    there, other = b.container(network="far")
    converse(pair, (1, there, other.ipv4), (0, here))
    name = next(name for name in a.host.links() if name.startswith("vx-"))

    def entries() -> set[tuple[str, str]]:
        rtnl = NetlinkSocket()
        try:
            index = socket.if_nametoindex(name)
            found = [neighbor.parse(one) for one in rtnl.dump(neighbor.get_tunnels(index))]
            return {(one.mac, one.address) for one in found if one.link_index == index and one.address}
        finally:
            rtnl.close()

    before = a.host.run(entries)
    assert before >= {(neighbor.NOBODY, B), (other.mac, B)}
    a.call(a.controller.reassert)
    assert a.host.run(entries) >= before
