"""Networks of users on a simulated host: addresses under parallel starts, families, gateway modes, restarts."""

import os
import secrets
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.integration.network.conftest import OneEngine
from tests.integration.network.simulated_host import (
    HOST_ADDRESS,
    OUTSIDE_ADDRESS,
    SimulatedHost,
    connect_tcp,
    listen_tcp,
    nft,
)
from tests.integration.network.test_parented import _default_gateways, _links
from tests.integration.network.test_published_ports import talk
from tests.integration.network.test_restart import kill

from dockyard.errors import AlreadyExists, DockyardError, Forbidden, InvalidParameter
from dockyard.linux import mount, namespaces, network_namespace
from dockyard.network.attachment import Attachment, AttachRequest, NetworkInfo, PortRequest, Subnet
from dockyard.network.config import AddressPool
from dockyard.network.request import NetworkRequest

pytestmark = pytest.mark.root

CLONE_FS = 0x200
BRIDGE = "com.docker.network.bridge."


def make(engine: OneEngine, name: str, *subnets: Subnet, **wanted: Any) -> NetworkInfo:
    options = tuple({f"{BRIDGE}{key}": value for key, value in wanted.pop("options", {}).items()}.items())
    request = NetworkRequest(name=name, subnets=subnets, options=options, **wanted)
    made, _ = engine.call(engine.controller.create_network, request)
    assert isinstance(made, NetworkInfo)
    return made


def in_parallel(host: SimulatedHost, number: int, work: Callable[[int], Any]) -> list[Any]:
    """Results of `work` in that many threads of the host at once, in any order."""
    network = host.run(network_namespace.open_current)
    mounts = host.run(os.open, "/proc/thread-self/ns/mnt", os.O_RDONLY)
    results: list[Any] = []
    together = threading.Barrier(number)

    def run(index: int) -> None:
        namespaces.unshare(CLONE_FS)  # what threads share must be parted before one of them goes elsewhere
        namespaces.setns(mounts, namespaces.CLONE_NEWNS)
        network_namespace.enter(network)
        together.wait()
        try:
            results.append(work(index))
        except DockyardError as error:
            results.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.close(network)
    os.close(mounts)
    return results


def test_no_address_twice_under_a_hundred_parallel_starts(engine: OneEngine, host: SimulatedHost) -> None:
    make(engine, "web", Subnet("10.7.0.0/24"), enable_ipv6=True)

    def start(index: int) -> Attachment:
        sandbox_id = secrets.token_hex(32)
        engine.controller.create_sandbox(sandbox_id)
        # Every tenth wants the same address, and one of them gets it.
        wanted = "10.7.0.200" if index % 10 == 0 else None
        request = AttachRequest("c", "web", sandbox_id, secrets.token_hex(32), network="web", ipv4=wanted)
        return engine.controller.attach(request)

    results = in_parallel(host, 100, start)
    living = [one for one in results if isinstance(one, Attachment)]
    refused = [one for one in results if not isinstance(one, Attachment)]
    assert (len(living), len(refused)) == (91, 9)
    assert all(isinstance(one, Forbidden) and str(one) == "Address already in use" for one in refused)
    for addresses in ([one.ipv4 for one in living], [one.ipv6 for one in living], [one.mac for one in living]):
        assert len(set(addresses)) == len(living)
    # Killed with half of the records on disk: what no record has is free again, the rest stays taken.
    kept = tuple(living[::2])
    kill(engine)
    engine.start(kept)
    again = [one for one in in_parallel(host, 50, lambda index: start(index + 1)) if isinstance(one, Attachment)]
    known = [one.ipv4 for one in (*kept, *again)]
    assert len(set(known)) == len(known)
    assert {one.ipv4 for one in again} & {one.ipv4 for one in living[1::2]}


def test_networks_made_in_parallel_are_all_different(engine: OneEngine, host: SimulatedHost) -> None:
    results = in_parallel(host, 12, lambda index: make_directly(engine, f"n{index % 10}"))
    made = [one for one in results if isinstance(one, NetworkInfo)]
    assert len(made) == 10
    assert all(isinstance(one, AlreadyExists) for one in results if not isinstance(one, NetworkInfo))
    subnets = [ip_network(one.subnets[0].subnet) for one in made]
    assert not any(one.overlaps(other) for one in subnets for other in subnets if one is not other)
    for one in made:
        engine.call(engine.controller.remove_network, one.id)
    assert {link.name for link in host.links().values() if link.kind == "bridge"} == {"docker0"}
    assert "br-" not in nft(host, "list ruleset")


def make_directly(engine: OneEngine, name: str) -> NetworkInfo:
    made, _ = engine.controller.create_network(NetworkRequest(name=name))
    return made


def test_pools_step_around_the_hosts_routes_and_say_which_is_in_the_way(
    make_engine: Callable[..., OneEngine], host: SimulatedHost
) -> None:
    engine = make_engine(bip="10.1.0.1/24", default_address_pools=(AddressPool("198.51.0.0/16", 17),))
    assert make(engine, "one").subnets[0].subnet == "198.51.128.0/17"
    with pytest.raises(InvalidParameter, match=r"fully subnetted: 198\.51\.0\.0/17 collides with the route 198"):
        make(engine, "two")
    _, warnings = engine.call(
        engine.controller.create_network, NetworkRequest("three", subnets=(Subnet("198.51.100.0/25"),))
    )
    assert warnings == ["subnet 198.51.100.0/25 of network three overlaps the route 198.51.100.0/24 of uplink"]


def test_pools_step_around_name_servers(
    make_engine: Callable[..., OneEngine], host: SimulatedHost, tmp_path: Path
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 10.3.0.53\nnameserver 10.3.2.53\n")
    host.run(mount.mount, str(tmp_path / "resolv.conf"), "/etc/resolv.conf", flags=mount.MS_BIND)
    engine = make_engine(default_address_pools=(AddressPool("10.3.0.0/16", 24),))
    assert engine.info.subnet == "10.3.1.0/24"
    assert make(engine, "one").subnets[0].subnet == "10.3.3.0/24"


def test_the_default_bridge_with_ipv6(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    engine = make_engine(ipv6=True)
    path, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080))
    subnet = ip_network(f"{attachment.ipv6}/64", strict=False)
    assert (attachment.ipv6, attachment.ipv6_gateway) == (str(subnet[2]), str(subnet[1]))
    listener = host.inside(path, partial(listen_tcp, 80, "::"))
    host.run(connect_tcp, attachment.ipv6, 80).close()
    listener.close()
    (bridge,) = (one for one in engine.call(engine.controller.networks) if one.name == "bridge")
    assert bridge.enable_ipv6
    assert [block.subnet for block in bridge.subnets] == ["172.17.0.0/16", str(subnet)]
    chosen = make_engine("b", ipv6=True, bridge="br6", bip6="fd00:6::9/64", fixed_cidr_v6="fd00:6::100/120")
    _, other = chosen.container()
    assert (other.ipv6, other.ipv6_gateway) == ("fd00:6::100", "fd00:6::9")


def test_direct_routing_and_options_of_the_operator(make_engine: Callable[..., OneEngine], host: SimulatedHost) -> None:
    options = (("bridge", (("com.docker.network.driver.mtu", "1300"), ("x", "y"))),)
    engine = make_engine(allow_direct_routing=True, default_options=options)
    made = make(engine, "web", Subnet("10.8.0.0/24"), options={"enable_icc": "true"})
    assert dict(made.options)["com.docker.network.driver.mtu"] == "1300"
    path, attachment = engine.container(PortRequest("tcp", 80), network="web")
    assert host.inside(path, _links)["eth0"].mtu == 1300
    listeners = [host.inside(path, partial(listen_tcp, port)) for port in (80, 81)]
    assert reaches(host, host.outside, attachment.ipv4, 80)
    assert not reaches(host, host.outside, attachment.ipv4, 81)
    for listener in listeners:
        listener.close()


def test_both_families(engine: OneEngine, host: SimulatedHost) -> None:
    made = make(engine, "web", enable_ipv6=True)
    four, six = (ip_network(block.subnet) for block in made.subnets)
    assert (four.version, six.version, six.prefixlen) == (4, 6, 64)
    assert six.is_private
    first, one = engine.container(network="web")
    second, other = engine.container(network="web", name="other")
    assert (one.ipv6, other.ipv6) == (str(six[2]), str(six[3]))
    listener = host.inside(first, partial(listen_tcp, 80, "::"))
    host.inside(second, partial(connect_tcp, one.ipv6, 80)).close()
    host.run(connect_tcp, one.ipv6, 80).close()
    listener.close()
    assert len(host.inside(first, _default_gateways)) == 1


def test_a_container_without_ipv6_gets_none(engine: OneEngine, host: SimulatedHost) -> None:
    make(engine, "web", enable_ipv6=True)
    path, attachment = engine.container(network="web", without_ipv6=True)
    assert (attachment.ipv6, attachment.ipv6_gateway) == ("", "")
    assert host.inside(path, partial(_read, "/proc/sys/net/ipv6/conf/eth0/disable_ipv6")) == "1"


def test_neighbours_hear_of_a_new_hardware_address_at_once(engine: OneEngine, host: SimulatedHost) -> None:
    make(engine, "web", Subnet("10.8.0.0/24"), enable_ipv6=True)
    client, _ = engine.container(network="web", name="client")
    for mac in ("02:99:00:00:00:01", "02:99:00:00:00:02"):
        path, attachment = engine.container(network="web", mac=mac, ipv4="10.8.0.50")
        listener = host.inside(path, partial(listen_tcp, 80, "::"))
        for run in (partial(host.inside, client), host.run):
            for address in (attachment.ipv4, attachment.ipv6):
                run(partial(connect_tcp, address, 80, timeout_seconds=0.7)).close()
        listener.close()
        engine.end(attachment)


def test_ipv6_alone(engine: OneEngine, host: SimulatedHost) -> None:
    make(engine, "six", enable_ipv4=False, enable_ipv6=True)
    path, attachment = engine.container(network="six")
    assert (attachment.ipv4, attachment.gateway) == ("", "")
    assert attachment.ipv6
    assert attachment.mac.startswith("02:42:")
    assert host.inside(path, _default_gateways) == []


def reaches(host: SimulatedHost, run: Callable[..., Any], address: str, port: int) -> bool:
    try:
        run(partial(connect_tcp, address, port, timeout_seconds=0.4)).close()
    except OSError:
        return False
    return True


@pytest.mark.row("G8")
def test_bridges_are_closed_to_each_other_and_internal_ones_to_all(engine: OneEngine, host: SimulatedHost) -> None:
    make(engine, "one")
    make(engine, "inside", internal=True)
    paths = {name: engine.container(network=name, name=name) for name in ("bridge", "one", "inside")}
    neighbour, _ = engine.container(network="inside", name="neighbour")
    listeners = [host.inside(path, partial(listen_tcp, 80)) for path, _ in paths.values()]
    outside = host.outside(partial(listen_tcp, 80))
    for name, (path, _) in paths.items():
        for other, (_, attachment) in paths.items():
            if name != other:
                assert not reaches(host, partial(host.inside, path), attachment.ipv4, 80), (name, other)
        assert reaches(host, partial(host.inside, path), OUTSIDE_ADDRESS, 80) == (name != "inside")
    assert reaches(host, partial(host.inside, neighbour), paths["inside"][1].ipv4, 80)
    assert host.inside(paths["inside"][0], _default_gateways) == []
    for listener in (*listeners, outside):
        listener.close()


@pytest.mark.parametrize(
    ("mode", "published", "other"),
    [("nat", False, False), ("nat-unprotected", True, True), ("routed", True, False)],
)
def test_who_reaches_a_containers_own_address(
    engine: OneEngine, host: SimulatedHost, mode: str, published: bool, other: bool
) -> None:
    make(engine, "web", Subnet("10.8.0.0/24"), options={"gateway_mode_ipv4": mode})
    path, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080), network="web")
    listeners = [host.inside(path, partial(listen_tcp, port)) for port in (80, 81)]
    assert reaches(host, host.outside, attachment.ipv4, 80) == published
    assert reaches(host, host.outside, attachment.ipv4, 81) == other
    assert reaches(host, host.outside, HOST_ADDRESS, 8080) == (mode != "routed")
    for listener in listeners:
        listener.close()


def test_trusted_links_reach_published_ports(engine: OneEngine, host: SimulatedHost) -> None:
    make(engine, "web", Subnet("10.8.0.0/24"), options={"trusted_host_interfaces": "uplink:lo"})
    path, attachment = engine.container(PortRequest("tcp", 80), network="web")
    listeners = [host.inside(path, partial(listen_tcp, port)) for port in (80, 81)]
    assert reaches(host, host.outside, attachment.ipv4, 80)
    assert not reaches(host, host.outside, attachment.ipv4, 81)
    engine.call(engine.controller.reassert)
    for listener in listeners:
        listener.close()


def test_an_isolated_bridge_has_no_address(engine: OneEngine, host: SimulatedHost) -> None:
    made = make(engine, "web", internal=True, options={"gateway_mode_ipv4": "isolated", "name": "brx"})
    assert made.subnets[0].gateway == ""
    _, attachment = engine.container(network="web")
    assert ip_address(attachment.ipv4) == ip_network(made.subnets[0].subnet)[1]
    assert not host.run(_has_address, "brx")
    with pytest.raises(InvalidParameter, match="'isolated' can only be used for an internal network"):
        make(engine, "open", options={"gateway_mode_ipv4": "isolated"})


def _has_address(name: str) -> bool:
    shown = subprocess.run(["ip", "-4", "-o", "addr", "show", "dev", name], capture_output=True, text=True, check=True)
    return "inet " in shown.stdout


def test_the_way_out_follows_priority_name_and_what_is_left(engine: OneEngine, host: SimulatedHost) -> None:
    for name in ("b", "c"):
        make(engine, name)
    make(engine, "a", internal=True)
    path, first = engine.container(network="c")
    internal = engine.attach(first, network="a")
    second = engine.attach(first, network="b")
    assert host.inside(path, _default_gateways) == [second.gateway]
    third = engine.attach(first, network="bridge", gw_priority=7)
    assert host.inside(path, _default_gateways) == [third.gateway]
    for gone, left in ((third, second), (second, first), (internal, first)):
        engine.call(engine.controller.disconnect, gone)
        assert host.inside(path, _default_gateways) == [left.gateway]
    assert set(host.inside(path, _links)) == {"lo", "eth0"}


def test_options_of_the_endpoint(engine: OneEngine, host: SimulatedHost) -> None:
    make(engine, "web", options={}, enable_ipv6=True)
    sysctls = "net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.ifname.accept_ra=0"
    options = (("com.docker.network.endpoint.sysctls", sysctls), ("com.docker.network.endpoint.ifname", "front0"))
    path, attachment = engine.container(network="web", driver_opts=options, link_local=("169.254.7.7", "fe80::77"))
    assert attachment.interface == "front0"
    assert host.inside(path, partial(_read, "/proc/sys/net/ipv4/conf/front0/log_martians")) == "1"
    with pytest.raises(InvalidParameter, match=r"unrecognised network interface sysctl 'kernel\.panic=1'"):
        engine.container(network="web", driver_opts=(("com.docker.network.endpoint.sysctls", "kernel.panic=1"),))
    bad = (("com.docker.network.endpoint.sysctls", "net.ipv4.conf.IFNAME.nope=1"),)
    with pytest.raises(DockyardError, match="failed to set sysctl net/ipv4/conf/eth0/nope"):
        engine.container(network="web", driver_opts=bad)
    assert len(engine.controller.endpoints.all()) == 1


def _read(path: str) -> str:
    with open(path) as file:
        return file.read().strip()


def test_a_bridge_of_the_operators_is_used_and_left(engine: OneEngine, host: SimulatedHost) -> None:
    host.run(subprocess.run, ["ip", "link", "add", "brop", "type", "bridge"], check=True)
    make(engine, "web", options={"name": "brop"})
    path, attachment = engine.container(network="web")
    assert host.inside(path, _default_gateways) == [attachment.gateway]
    with pytest.raises(Forbidden, match="networks have same bridge name"):
        make(engine, "other", options={"name": "brop"})
    with pytest.raises(InvalidParameter, match="existing interface uplink is not a bridge"):
        make(engine, "other", options={"name": "uplink"})
    with pytest.raises(Forbidden, match="has active endpoints"):
        engine.call(engine.controller.remove_network, "web")
    engine.end(attachment)
    engine.call(engine.controller.remove_network, "web")
    assert "brop" in host.links()


def test_networks_and_endpoints_survive_a_kill(engine: OneEngine, host: SimulatedHost) -> None:
    before = make(engine, "web", enable_ipv6=True, labels=(("a", "b"),))
    path, attachment = engine.container(PortRequest("tcp", 80, "", 8080, 8080), network="web")
    listener = host.inside(path, partial(listen_tcp, 80))
    kill(engine)
    engine.start((attachment,))
    (after,) = (one for one in engine.call(engine.controller.networks) if one.name == "web")
    assert (after.id, after.subnets, after.labels) == (before.id, before.subnets, before.labels)
    talk(host.outside(partial(connect_tcp, HOST_ADDRESS, 8080)), listener)
    _, more = engine.container(network="web", name="more")
    assert ip_address(more.ipv4) == ip_address(attachment.ipv4) + 1
    listener.close()


def test_a_marked_bridge_without_record_is_a_leftover(engine: OneEngine, host: SimulatedHost) -> None:
    made = make(engine, "web")
    (bridge,) = (name for name in host.links() if name.startswith("br-"))
    kill(engine)
    (engine.root / "data" / "network" / "networks.db").unlink()
    engine.start(())
    assert bridge not in host.links()
    assert made.id not in {one.id for one in engine.call(engine.controller.networks)}
