"""What users' options say of an overlay network, what its forwarding table shall be, and who is let in."""

import pytest

from dockyard.errors import Forbidden, InvalidParameter
from dockyard.linux.netlink.neighbor import NOBODY, Neighbor
from dockyard.linux.netlink.vxlan import Vxlan
from dockyard.network.attachment import RemoteEndpoint
from dockyard.network.drivers.overlay.gate import gate_rules
from dockyard.network.drivers.overlay.options import VNIS, OverlayOptions, parse_options
from dockyard.network.drivers.overlay.peers import Changes, Peers, plan_tunnels
from dockyard.network.drivers.overlay.planning import OverlayPlanner
from dockyard.network.host_view import HostView
from dockyard.network.networks import NetworkRecord

MTU = "com.docker.network.driver.mtu"
MAC, OTHER_MAC = "02:42:0a:00:00:02", "02:42:0a:00:00:03"
A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"


def test_options() -> None:
    assert parse_options({VNIS: "4097"}) == OverlayOptions(4097, 1500)
    options = parse_options({VNIS: "16777215", MTU: "9000"})
    assert options == OverlayOptions(16777215, 9000)
    assert (options.mtu(A), options.mtu("fd00::1")) == (8950, 8930)


@pytest.mark.parametrize("value", ["", "0", "16777216", "-1", "4097,4098", "x", "1e3", "٣"])
def test_numbers_that_are_none(value: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_options({VNIS: value})


@pytest.mark.parametrize("more", [{"encrypted": ""}, {"encrypted": "false"}, {MTU: "137"}, {MTU: "x"}])
def test_options_that_cannot_be_honoured(more: dict[str, str]) -> None:
    with pytest.raises(InvalidParameter):
        parse_options({VNIS: "4097", **more})


def record(network_id: str, vni: str, **more: str) -> NetworkRecord:
    return NetworkRecord(network_id * 64, network_id, "overlay", "", options=((VNIS, vni), *more.items()))


def test_a_number_belongs_to_one_network() -> None:
    planner, nothing = OverlayPlanner(), HostView((), (), ())
    first = planner.complete(record("a", "4097"), nothing, ())
    assert first.link == "br-" + "a" * 12
    assert planner.complete(record("b", "4098"), nothing, [first]).link == "br-" + "b" * 12
    with pytest.raises(Forbidden, match="vxlan id 4097 is in use by network a"):
        planner.complete(record("b", "4097"), nothing, [first])


def entry(mac: str, address: str, *, permanent: bool = True) -> Neighbor:
    return Neighbor(7, address, mac, permanent)


ELSEWHERE = RemoteEndpoint("10.0.0.2", MAC, B)


@pytest.mark.parametrize(
    ("present", "peers", "changes"),
    [
        ([], Peers(), Changes([], [])),
        ([], Peers((B, C)), Changes([], [(NOBODY, B), (NOBODY, C)])),
        ([entry(NOBODY, B)], Peers((C,)), Changes([(NOBODY, B)], [(NOBODY, C)])),
        ([], Peers(endpoints=(ELSEWHERE,)), Changes([], [(MAC, B)])),
        # A container has moved: away with the old place, there with the new one.
        ([entry(MAC, C)], Peers(endpoints=(ELSEWHERE,)), Changes([(MAC, C)], [(MAC, B)])),
        # What the link has learned is its own, unless somebody knows better.
        ([entry(OTHER_MAC, C, permanent=False)], Peers(), Changes([], [])),
        ([entry(MAC, C, permanent=False)], Peers(endpoints=(ELSEWHERE,)), Changes([], [(MAC, B)])),
        # Entries of a bridge's table have no host.
        ([entry(MAC, "")], Peers(), Changes([], [])),
    ],
)
def test_changes_of_the_forwarding_table(present: list[Neighbor], peers: Peers, changes: Changes) -> None:
    assert plan_tunnels(present, peers) == changes


def test_who_may_send() -> None:
    assert Peers((C,), (ELSEWHERE, RemoteEndpoint("10.0.0.3", OTHER_MAC, B))).senders == (B, C)
    rules = gate_rules("inet t", Vxlan(4097, A, 4789), (B, "fd00::2"))
    lines = [line.strip() for line in rules.splitlines() if "udp" in line]
    assert lines == [
        "udp dport 4789 @th,96,24 4097 ip saddr { 192.0.2.2 } fib saddr . iif oif exists accept",
        "udp dport 4789 @th,96,24 4097 ip6 saddr { fd00::2 } fib saddr . iif oif exists accept",
        "udp dport 4789 @th,96,24 4097 drop",
    ]
    assert "accept\n" not in gate_rules("inet t", Vxlan(4097, A, 4789), ()).replace("policy accept", "")
