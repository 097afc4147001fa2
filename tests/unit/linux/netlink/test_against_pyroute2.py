"""Every request that we encode means to pyroute2, an encoder of other people, what we meant."""

from collections.abc import Callable
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from dockyard.linux.netlink import address, link, neighbor, route
from dockyard.linux.netlink.message import Message, messages


def decoded(kind: Callable[[bytes], Any], request: bytes) -> Any:
    message = kind(request)
    message.decode()
    return message


def attrs(message: Any, *path: str) -> Any:
    for name in path:
        message = message.get_attr(name)
    return message


def body(request: bytes) -> Message:
    (message,) = messages(request)
    return message


def test_bridge() -> None:
    message = decoded(ifinfmsg, link.add_bridge("docker0", "02:42:00:00:00:01", 1400))
    assert message["header"]["type"] == 16
    assert message["header"]["flags"] == 0x1 | 0x200 | 0x400
    assert (message["flags"], message["change"]) == (1, 1)
    assert attrs(message, "IFLA_IFNAME") == "docker0"
    assert attrs(message, "IFLA_ADDRESS") == "02:42:00:00:00:01"
    assert attrs(message, "IFLA_MTU") == 1400
    assert attrs(message, "IFLA_LINKINFO", "IFLA_INFO_KIND") == "bridge"
    assert attrs(message, "IFLA_LINKINFO", "IFLA_INFO_DATA", "IFLA_BR_STP_STATE") == 0


def test_pair() -> None:
    request = link.add_veth(
        "veth0000001", master=7, mtu=1500, peer_name="eth0", peer_mac="02:42:ac:11:00:02", peer_namespace=5
    )
    message = decoded(ifinfmsg, request)
    assert attrs(message, "IFLA_IFNAME") == "veth0000001"
    assert attrs(message, "IFLA_MASTER") == 7
    assert attrs(message, "IFLA_LINKINFO", "IFLA_INFO_KIND") == "veth"
    peer = attrs(message, "IFLA_LINKINFO", "IFLA_INFO_DATA", "VETH_INFO_PEER")
    assert attrs(peer, "IFLA_IFNAME") == "eth0"
    assert attrs(peer, "IFLA_ADDRESS") == "02:42:ac:11:00:02"
    assert attrs(peer, "IFLA_NET_NS_FD") == 5
    assert attrs(peer, "IFLA_MTU") == 1500
    without = decoded(
        ifinfmsg, link.add_veth("v", master=0, mtu=1, peer_name="p", peer_mac="02:00:00:00:00:00", peer_namespace=5)
    )
    assert attrs(without, "IFLA_MASTER") is None


@pytest.mark.parametrize(
    ("request_", "index", "flags", "attribute", "value"),
    [
        (link.set_up(3), 3, (1, 1), None, None),
        (link.set_master(3, 9), 3, (0, 0), "IFLA_MASTER", 9),
        (link.set_alias(3, "mine"), 3, (0, 0), "IFLA_IFALIAS", "mine"),
        (link.delete(3), 3, (0, 0), None, None),
        (link.get(3), 3, (0, 0), None, None),
        (link.get_by_name("x"), 0, (0, 0), "IFLA_IFNAME", "x"),
    ],
)
def test_changes(request_: bytes, index: int, flags: tuple[int, int], attribute: str | None, value: Any) -> None:
    message = decoded(ifinfmsg, request_)
    assert message["index"] == index
    assert (message["flags"], message["change"]) == flags
    if attribute is not None:
        assert attrs(message, attribute) == value


def test_port() -> None:
    message = decoded(ifinfmsg, link.set_port(4, hairpin=True, isolated=True))
    assert attrs(message, "IFLA_LINKINFO", "IFLA_INFO_SLAVE_KIND") == "bridge"
    port = attrs(message, "IFLA_LINKINFO", "IFLA_INFO_SLAVE_DATA")
    assert attrs(port, "IFLA_BRPORT_MODE") == 1
    assert attrs(port, "IFLA_BRPORT_ISOLATED") == 1


@pytest.mark.parametrize("ip", ["172.17.0.2", "fd00::2"])
def test_address(ip: str) -> None:
    message = decoded(ifaddrmsg, address.add(2, ip, 16, "172.17.255.255" if "." in ip else None))
    assert (message["index"], message["prefixlen"]) == (2, 16)
    assert attrs(message, "IFA_LOCAL") == attrs(message, "IFA_ADDRESS") == ip
    assert attrs(message, "IFA_BROADCAST") == ("172.17.255.255" if "." in ip else None)
    assert message["flags"] == (0 if "." in ip else 2)  # IFA_F_NODAD
    assert decoded(ifaddrmsg, address.delete(2, ip, 16))["header"]["type"] == 21


def test_default_route() -> None:
    message = decoded(rtmsg, route.add_default("172.17.0.1", 2))
    assert (message["dst_len"], message["table"], message["scope"], message["type"]) == (0, 254, 0, 1)
    assert attrs(message, "RTA_GATEWAY") == "172.17.0.1"
    assert attrs(message, "RTA_OIF") == 2
    assert attrs(decoded(rtmsg, route.add_default("172.17.0.1")), "RTA_OIF") is None


def test_place_in_the_bridges_table() -> None:
    message = decoded(ndmsg, neighbor.place(5, "02:42:ac:11:00:02"))
    assert (message["family"], message["ifindex"], message["state"], message["flags"]) == (7, 5, 0x40, 0x04 | 0x40)
    assert attrs(message, "NDA_LLADDR") == "02:42:ac:11:00:02"


def test_what_pyroute2_says_of_a_link_is_understood() -> None:
    message = ifinfmsg()
    message["index"], message["flags"] = 11, 0x1003
    message["attrs"] = [
        ("IFLA_IFNAME", "docker0"),
        ("IFLA_MTU", 1400),
        ("IFLA_ADDRESS", "02:42:00:00:00:01"),
        ("IFLA_MASTER", 0),
        ("IFLA_IFALIAS", "dockyard:/x"),
        ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "bridge")]}),
    ]
    message.encode()
    expected = link.Link(11, "docker0", 0x1003, 1400, "02:42:00:00:00:01", 0, "bridge", "dockyard:/x")
    assert link.parse(body(bytes(message.data))) == expected
    assert expected.is_up


def test_what_pyroute2_says_of_addresses_and_routes_is_understood() -> None:
    message = ifaddrmsg()
    message.update({"family": 2, "prefixlen": 16, "index": 3, "scope": 0})
    message["attrs"] = [("IFA_ADDRESS", "172.17.0.1"), ("IFA_LOCAL", "172.17.0.1")]
    message.encode()
    assert address.parse(body(bytes(message.data))) == address.Address(3, "172.17.0.1", 16, 0)
    message = rtmsg()
    message.update({"family": 2, "dst_len": 8, "table": 254})
    message["attrs"] = [("RTA_DST", "10.0.0.0"), ("RTA_OIF", 4), ("RTA_GATEWAY", "192.0.2.1")]
    message.encode()
    assert route.parse(body(bytes(message.data))) == route.Route(2, "10.0.0.0", 8, "192.0.2.1", 4, 254)


@pytest.mark.parametrize("mac", ["", "02:42", "02:42:ac:11:00:02:03", "zz:42:ac:11:00:02"])
def test_a_bad_mac_is_refused(mac: str) -> None:
    with pytest.raises(ValueError):
        link.mac_bytes(mac)
