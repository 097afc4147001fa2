"""Which link and subnet the default bridge gets."""

from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from dockyard.errors import InvalidParameter
from dockyard.linux.netlink.link import Link
from dockyard.network.config import NetworkConfig
from dockyard.network.drivers.bridge.choose import alias_for, choose_default_bridge
from dockyard.network.drivers.bridge.settings import BridgeSettings
from dockyard.network.host_view import HostView
from dockyard.network.networks import NetworkRecord

RECORD = NetworkRecord("1" * 64, "bridge", "bridge", "2026-01-01T00:00:00.000000000Z")
ROOT = "/var/lib/dockyard"
UPLINK = Link(2, "eth0", 1, 1500, "02:00:00:00:00:01", 0, "", "")


def bridge(name: str, alias: str = "", index: int = 9, kind: str = "bridge") -> Link:
    return Link(index, name, 1, 1500, "02:42:00:00:00:01", 0, kind, alias)


def choose(*links: Link, record: NetworkRecord = RECORD, addresses: Any = (), routes: Any = (), **settings: Any):
    host = HostView(
        [UPLINK, *links],
        [(index, IPv4Interface(text)) for index, text in addresses],
        [(index, IPv4Network(text)) for index, text in routes],
    )
    return choose_default_bridge(NetworkConfig(**settings), ROOT, record, host)


def named(settings: BridgeSettings) -> tuple[str, str, bool]:
    ipv4 = settings.ipv4
    return settings.link, f"{ipv4.address}/{ipv4.subnet.prefixlen}", settings.owned


def test_an_empty_host() -> None:
    assert named(choose()) == ("docker0", "172.17.0.1/16", True)


def test_docker0_of_a_dockerd_is_left_alone() -> None:
    chosen = choose(bridge("docker0"), addresses=[(9, "172.17.0.1/16")], routes=[(9, "172.17.0.0/16")])
    assert named(chosen) == ("dockyard0", "172.18.0.1/16", True)


def test_that_of_another_engine_too(tmp_path: Path) -> None:
    others = [
        bridge("docker0", alias_for(str(tmp_path))),
        bridge("dockyard0", alias_for(str(tmp_path)), 10),
    ]
    assert choose(*others).link == "dockyard1"


def test_a_leftover_of_a_removed_data_root_is_taken(tmp_path: Path) -> None:
    chosen = choose(bridge("docker0", alias_for(str(tmp_path / "gone"))), addresses=[(9, "172.20.0.1/16")])
    assert named(chosen) == ("docker0", "172.20.0.1/16", True)


def test_our_own_is_known_again_by_its_mark() -> None:
    chosen = choose(bridge("docker0"), bridge("dockyard3", alias_for(ROOT), 10), addresses=[(10, "172.25.0.1/16")])
    assert named(chosen) == ("dockyard3", "172.25.0.1/16", True)


def test_what_was_recorded_is_chosen_again() -> None:
    record = replace(RECORD, link="dockyard2", subnet="172.22.0.0/16", gateway="172.22.0.1")
    assert named(choose(record=record)) == ("dockyard2", "172.22.0.1/16", True)
    taken = choose(record=record, routes=[(2, "172.22.4.0/24")])
    assert named(taken) == ("dockyard2", "172.17.0.1/16", True)


def test_named_by_the_operator() -> None:
    assert named(choose(bridge="br7")) == ("br7", "172.17.0.1/16", True)
    existing = choose(bridge("br7"), bridge="br7", addresses=[(9, "10.9.0.1/24")])
    assert named(existing) == ("br7", "10.9.0.1/24", False)
    with pytest.raises(InvalidParameter, match="device eth0 is not a bridge"):
        choose(bridge="eth0")


@pytest.mark.parametrize("name", ["a" * 16, 'x"; flush ruleset', "a b", "..", "a/b", "é"])
def test_impossible_names(name: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid bridge name"):
        choose(bridge=name)


def test_bip_and_parts_of_it() -> None:
    chosen = choose(bip="10.5.0.9/16", fixed_cidr="10.5.7.0/24", default_gateway="10.5.0.254", host_ip="127.0.0.1")
    assert named(chosen)[1] == "10.5.0.9/16"
    assert (str(chosen.ipv4.within), chosen.ipv4.gateway, chosen.host_ip) == ("10.5.7.0/24", "10.5.0.254", "127.0.0.1")
    assert dict(chosen.options)["com.docker.network.bridge.host_binding_ipv4"] == "127.0.0.1"
    with pytest.raises(InvalidParameter, match="not part of"):
        choose(bip="10.5.0.9/16", fixed_cidr="10.6.0.0/24")


def test_a_long_data_root_still_fits_the_mark() -> None:
    assert len(alias_for("/" + "x" * 400)) < 256
    assert alias_for("/" + "x" * 400) != alias_for("/" + "x" * 401)
