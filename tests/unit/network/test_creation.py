"""From requests to records: Docker's checks, in its order and words, and addresses."""

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from dockyard.errors import AlreadyExists, DockyardError, Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.linux.netlink.link import Link
from dockyard.network.attachment import Subnet
from dockyard.network.config import DEFAULT_ADDRESS_POOLS, AddressPool, NetworkConfig
from dockyard.network.creation import Surroundings, plan_network, warnings_of
from dockyard.network.host_view import HostView
from dockyard.network.ipam.pools import Use
from dockyard.network.networks import NetworkRecord
from dockyard.network.opening import planners
from dockyard.network.request import NetworkRequest

NOW = "2026-01-01T00:00:00.000000000Z"
ID = "0123456789ab" + "c" * 52
BRIDGE = NetworkRecord("1" * 64, "bridge", "bridge", NOW, "docker0", subnets=(Subnet("172.17.0.0/16", "172.17.0.1"),))
CONF = NetworkRecord(
    "2" * 64, "conf", "null", NOW, config_only=True, subnets=(Subnet("10.2.0.0/16"),), labels=(("a", "b"),)
)
LINKS = (
    Link(2, "eth0", 1, 1500, "02:00:00:00:00:01", 0, "", ""),
    Link(3, "brop", 1, 1500, "02:00:00:00:00:02", 0, "bridge", ""),
    Link(4, "brother", 1, 1500, "02:00:00:00:00:03", 0, "bridge", "dockyard:/elsewhere#0"),
)
ROUTE = Use(ip_network("172.18.0.0/16"), "the route 172.18.0.0/16 of eth0")
AROUND = Surroundings(
    [BRIDGE, CONF], HostView(LINKS, (), ()), [ROUTE], DEFAULT_ADDRESS_POOLS, planners(NetworkConfig())
)
NAME = "com.docker.network.bridge.name"


def plan(name: str = "web", around: Surroundings = AROUND, **wanted: Any) -> NetworkRecord:
    return plan_network(NetworkRequest(name, **wanted), ID, NOW, around)


def test_what_is_left_open_is_chosen() -> None:
    record = plan()
    assert (record.driver, record.scope, record.ipam_driver) == ("bridge", "local", "default")
    assert (record.link, record.made_link) == ("br-0123456789ab", True)
    assert record.subnets == (Subnet("172.19.0.0/16", "172.19.0.1"),)  # 17 is the bridge's, 18 the host's


def test_both_families_and_the_engines_own_range() -> None:
    four, six = plan(enable_ipv6=True).subnets
    assert four.subnet == "172.19.0.0/16"
    assert ip_network(six.subnet).subnet_of(ip_network("fd00::/8"))
    assert plan("other", enable_ipv6=True).subnets[1] == six
    pools = (*DEFAULT_ADDRESS_POOLS, AddressPool("fd00:9::/56", 64))
    assert plan(around=replace(AROUND, pools=pools), enable_ipv6=True).subnets[1].subnet == "fd00:9::/64"
    assert [block.subnet for block in plan(enable_ipv4=False, enable_ipv6=True).subnets] == [six.subnet]


def test_options_may_say_the_families() -> None:
    on = (("com.docker.network.enable_ipv6", "true"), ("com.docker.network.enable_ipv4", "0"))
    record = plan(options=on)
    assert (record.enable_ipv4, record.enable_ipv6) == (False, True)
    assert (plan(options=on, enable_ipv6=False, enable_ipv4=True).options) == ()


@pytest.mark.parametrize(
    ("asked", "came"),
    [
        (Subnet("10.1.0.0/16"), Subnet("10.1.0.0/16", "10.1.0.1", implied_gateway=True)),
        (Subnet("10.1.0.0/16", "10.1.0.9"), Subnet("10.1.0.0/16", "10.1.0.9")),
        (
            Subnet("10.1.0.0/16", "", "10.1.4.0/24"),
            Subnet("10.1.0.0/16", "10.1.4.0", "10.1.4.0/24", implied_gateway=True),
        ),
        (Subnet("0.0.0.0/24"), Subnet("172.19.0.0/24", "172.19.0.1")),
        (Subnet("10.1.0.0/31"), Subnet("10.1.0.0/31", "10.1.0.0", implied_gateway=True)),
    ],
)
def test_what_is_asked_for(asked: Subnet, came: Subnet) -> None:
    assert plan(subnets=(asked,)).subnets == (came,)


PREFIX = "invalid network config:\n"


@pytest.mark.parametrize(
    ("wanted", "error", "message"),
    [
        ({"name": "host"}, Forbidden, "operation is not permitted on predefined host network "),
        ({"name": "default"}, Forbidden, "operation is not permitted on predefined default network "),
        ({"subnets": (Subnet("0.0.0.0/0"),)}, Forbidden, "Pool overlaps with other one on this address space"),
        ({"driver": "overlay"}, Forbidden, "This node is not a swarm manager"),
        ({"name": " "}, InvalidParameter, "invalid name: name is empty"),
        ({"name": "conf"}, AlreadyExists, "network with name conf already exists"),
        ({"driver": "host"}, Forbidden, 'only one instance of "host" network is allowed'),
        ({"driver": "nope"}, NotFound, 'plugin "nope" not found'),
        ({"ipam_driver": "nope"}, NotFound, 'plugin "nope" not found'),
        ({"ipam_driver": "null"}, InvalidParameter, "ipv4 pool is empty"),
        ({"ingress": True}, Forbidden, "Ingress network can only be global scope network"),
        ({"scope": "swarm"}, Forbidden, "cannot create a swarm scoped network when swarm is not active"),
        ({"enable_ipv4": False}, InvalidParameter, "IPv4 or IPv6 must be enabled"),
        ({"config_only": True, "internal": True}, Forbidden, "configuration network can only contain network specific"),
        ({"config_from": "nope"}, NotFound, 'configuration network "nope" does not exist'),
        ({"config_from": "bridge"}, NotFound, 'configuration network "bridge" does not exist'),
        (
            {"config_from": "conf", "labels": (("a", "b"),)},
            Forbidden,
            "user-specified configurations are not",
        ),
        ({"config_from": "conf", "options": (("a", "b"),)}, Forbidden, "network driver options are not supported"),
        ({"config_from": "conf", "config_only": True}, Forbidden, "cannot depend on another configuration network"),
        ({"subnets": (Subnet("172.17.9.0/24"),)}, Forbidden, "invalid pool request: Pool overlaps with other one"),
        ({"subnets": (Subnet("10.1.0.0/16"), Subnet("10.2.0.0/16"))}, Forbidden, "doesn't support multiple subnets"),
        ({"subnets": (Subnet("x"),)}, InvalidParameter, f"{PREFIX}invalid subnet x: invalid CIDR block notation"),
        ({"subnets": (Subnet("10.1.0.0"),)}, InvalidParameter, "invalid subnet 10.1.0.0: invalid CIDR block notation"),
        ({"subnets": (Subnet("", "10.1.0.1"),)}, InvalidParameter, f"{PREFIX}invalid subnet : invalid CIDR"),
        (
            {"subnets": (Subnet("10.1.0.1/16"),)},
            InvalidParameter,
            "invalid subnet 10.1.0.1/16: it should be 10",
        ),
        (
            {"subnets": (Subnet("10.1.0.0/16", "::1"),)},
            InvalidParameter,
            "gateway ::1: parent subnet is an IPv4 block",
        ),
        ({"subnets": (Subnet("10.1.0.0/16", "x"),)}, InvalidParameter, "invalid gateway x: invalid address"),
        (
            {"subnets": (Subnet("10.1.0.0/16", "10.2.0.1"),)},
            InvalidParameter,
            "doesn't contain this address",
        ),
        ({"subnets": (Subnet("10.1.0.0/16", "10.1.0.0"),)}, SystemFailure, "failed to allocate gateway (10.1.0.0)"),
        (
            {"subnets": (Subnet("10.1.0.0/16", "", "10.0.0.0/8"),)},
            InvalidParameter,
            "invalid ip-range 10.0.0.0/8: CIDR block is bigger than its parent subnet 10.1.0.0/16",
        ),
        (
            {"subnets": (Subnet("10.1.0.0/16", "", "10.2.0.0/24"),)},
            InvalidParameter,
            "invalid ip-range 10.2.0.0/24: parent subnet 10.1.0.0/16 doesn't contain ip-range",
        ),
        (
            {"subnets": (Subnet("10.1.0.0/16", "10.1.0.1", "", (("a", "10.1.0.1"),)),)},
            SystemFailure,
            "failed to allocate secondary ip address (a:10.1.0.1)",
        ),
        (
            {"subnets": (Subnet("fe80::/60"),), "enable_ipv6": True},
            InvalidParameter,
            "clashes with the Link-Local",
        ),
        ({"options": ((NAME, "docker0"),)}, Forbidden, "networks have same bridge name"),
        ({"options": ((NAME, "eth0"),)}, InvalidParameter, "existing interface eth0 is not a bridge"),
        ({"options": ((NAME, "brother"),)}, Forbidden, "another engine has made that bridge"),
        ({"options": ((NAME, "a/b"),)}, InvalidParameter, "invalid bridge name"),
        (
            {"driver": "macvlan", "options": (("parent", "eth9"),)},
            InvalidParameter,
            "invalid subinterface vlan name",
        ),
        ({"driver": "ipvlan", "options": (("ipvlan_mode", "l9"),)}, InvalidParameter, "requested ipvlan mode 'l9'"),
    ],
)
def test_what_is_refused(wanted: dict[str, Any], error: type[DockyardError], message: str) -> None:
    with pytest.raises(error) as caught:
        plan(**wanted)
    assert type(caught.value) is error
    assert message in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    block = Subnet("10.1.0.1/16", "10.2.0.1", "10.3.0.0/24", (("a", "x"),))
    with pytest.raises(InvalidParameter) as caught:
        plan(subnets=(block,))
    assert len(str(caught.value).splitlines()) == 5


def test_a_configuration_is_taken_over() -> None:
    record = plan(config_from="conf", internal=True)
    assert (record.subnets, record.labels, record.config_from) == (
        (Subnet("10.2.0.0/16", "10.2.0.1", implied_gateway=True),),
        (("a", "b"),),
        "conf",
    )
    assert record.internal
    only = plan("more", config_only=True, subnets=(Subnet("10.9.0.0/16"),))
    assert (only.driver, only.scope, only.subnets, only.link) == ("null", "local", (Subnet("10.9.0.0/16"),), "")


def test_gateways_that_nobody_would_have() -> None:
    mode = "com.docker.network.bridge.gateway_mode_ipv4"
    assert plan(internal=True, options=((mode, "isolated"),)).subnets[0].gateway == ""
    inhibit = (("com.docker.network.bridge.inhibit_ipv4", "true"),)
    assert plan(options=inhibit).subnets[0].gateway == "172.19.0.1"
    assert plan(options=inhibit, internal=True).subnets[0].gateway == ""
    assert plan(driver="macvlan").subnets[0].gateway == ""


def test_links() -> None:
    used = plan(options=((NAME, "brop"),))
    assert (used.link, used.made_link) == ("brop", False)
    nowhere = plan(driver="macvlan")
    assert (nowhere.link, nowhere.made_link) == ("dm-0123456789ab", True)
    parent = plan(driver="ipvlan", options=(("parent", "eth0"),))
    assert (parent.link, parent.made_link) == ("eth0", False)
    vlan = plan(driver="macvlan", options=(("parent", "eth0.7"),))
    assert (vlan.link, vlan.made_link) == ("eth0.7", True)


def test_several_subnets_where_the_driver_has_them() -> None:
    blocks = (Subnet("10.1.0.0/16", "10.1.0.1"), Subnet("10.2.0.0/16"), Subnet("fd00:1::/64"))
    record = plan(driver="macvlan", subnets=blocks, enable_ipv6=True)
    assert record.subnets == blocks
    with pytest.raises(Forbidden, match="Pool overlaps"):
        plan(driver="macvlan", subnets=(Subnet("10.1.0.0/16"), Subnet("10.1.4.0/24")))


def test_warnings() -> None:
    request = NetworkRequest("web", subnets=(Subnet("172.18.4.0/24"),))
    record = plan_network(request, ID, NOW, AROUND)
    assert warnings_of(record, request, AROUND) == [
        "subnet 172.18.4.0/24 of network web overlaps the route 172.18.0.0/16 of eth0"
    ]
    assert warnings_of(plan(), NetworkRequest("web"), AROUND) == []
