"""What users' options say of a bridge, and which of its published ports need the host."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.network.attachment import PortRequest, PublishedPort, Subnet
from dockyard.network.drivers.bridge.options import BridgeOptions, parse_options
from dockyard.network.drivers.bridge.publishing import divide
from dockyard.network.drivers.bridge.settings import BridgeSettings
from dockyard.network.drivers.bridge.user_defined import settings_of
from dockyard.network.networks import NetworkRecord

B = "com.docker.network.bridge."


def test_none_and_unknown_ones() -> None:
    assert parse_options({}, internal=False) == parse_options({"x": "y", f"{B}z": "?"}, internal=False)
    assert parse_options({}, internal=False) == BridgeOptions()


def test_all() -> None:
    options = {
        f"{B}name": "br7",
        f"{B}enable_icc": "F",
        f"{B}enable_ip_masquerade": "0",
        f"{B}host_binding_ipv4": "127.0.0.1",
        f"{B}gateway_mode_ipv4": "routed",
        f"{B}gateway_mode_ipv6": "nat-unprotected",
        f"{B}trusted_host_interfaces": "eth0:eth1",
        f"{B}inhibit_ipv4": "true",
        "com.docker.network.container_iface_prefix": "web",
        "com.docker.network.driver.mtu": "+1400",
        "com.docker.network.host_ipv4": "192.0.2.9",
        "com.docker.network.host_ipv6": "2001:db8::9",
    }
    assert parse_options(options, internal=False) == BridgeOptions(
        name="br7",
        mtu=1400,
        icc=False,
        masquerade=False,
        host_ip="127.0.0.1",
        mode4="routed",
        mode6="nat-unprotected",
        trusted=("eth0", "eth1"),
        inhibit_ipv4=True,
        interface_prefix="web",
        source4="192.0.2.9",
        source6="2001:db8::9",
    )


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        (f"{B}enable_icc", "perhaps", '(strconv.ParseBool: parsing "perhaps": invalid syntax)'),
        ("com.docker.network.driver.mtu", "1e3", '(strconv.Atoi: parsing "1e3": invalid syntax)'),
        ("com.docker.network.driver.mtu", "-1", "invalid MTU number: -1"),
        (f"{B}host_binding_ipv4", "here", "(nil ip)"),
        (f"{B}gateway_mode_ipv4", "x", "(unknown gateway mode x)"),
        (f"{B}gateway_mode_ipv6", "isolated", "can only be used for an internal network"),
        (f"{B}name", 'x" ; flush ruleset', "invalid bridge name"),
        (f"{B}trusted_host_interfaces", 'eth0:" drop', "invalid bridge name"),
        ("com.docker.network.container_iface_prefix", "../x", "not the beginning of a link's name"),
        (f"{B}default_bridge", "true", "only the daemon's own network is the default bridge"),
    ],
)
def test_bad_values(option: str, value: str, reason: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_options({option: value}, internal=False)
    assert reason in str(caught.value)


def settings(*subnets: str, **options: str) -> BridgeSettings:
    record = NetworkRecord(
        "a" * 64,
        "web",
        "bridge",
        "now",
        "br-a",
        subnets=tuple(Subnet(subnet) for subnet in subnets),
        options=tuple((f"{B}{name}", value) for name, value in options.items()),
    )
    return settings_of(record, "/data")


ALL = PortRequest("tcp", 80, "", 8080, 8080)
FOUR = PortRequest("tcp", 80, "127.0.0.1", 8080, 8080)
SIX = PortRequest("tcp", 80, "::1", 8080, 8080)


@pytest.mark.parametrize(
    ("modes", "request_", "needed", "opened"),
    [
        ({}, ALL, [""], []),
        ({"gateway_mode_ipv4": "routed"}, ALL, ["::"], ["0.0.0.0"]),
        ({"gateway_mode_ipv6": "routed"}, ALL, ["0.0.0.0"], ["::"]),
        ({"gateway_mode_ipv4": "routed", "gateway_mode_ipv6": "routed"}, ALL, [], ["0.0.0.0", "::"]),
        ({"gateway_mode_ipv4": "routed"}, FOUR, [], ["127.0.0.1"]),
        ({"gateway_mode_ipv4": "routed"}, SIX, ["::1"], []),
        ({"gateway_mode_ipv6": "routed"}, SIX, [], ["::1"]),
        ({"gateway_mode_ipv6": "routed"}, FOUR, ["127.0.0.1"], []),
        ({"host_binding_ipv4": "127.0.0.1"}, ALL, ["127.0.0.1"], []),
    ],
)
def test_ports_that_need_the_host(
    modes: dict[str, str], request_: PortRequest, needed: list[str], opened: list[str]
) -> None:
    found, without = divide([request_], settings("10.1.0.0/16", "fd00::/64", **modes))
    assert [one.host_ip for one in found] == needed
    assert without == tuple(PublishedPort("tcp", 80, host_ip, 0) for host_ip in opened)
