"""/etc/resolv.conf."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.network.etc.resolv_conf import (
    HOST_FILE,
    SYSTEMD_FILE,
    ResolvConf,
    parse,
    read_host,
    resolv_conf_text,
    resolver_conf,
)

HOST = parse("# comment\nnameserver 192.0.2.53\nnameserver 127.0.0.1\nsearch a.example b.example\noptions ndots:2\n")


def test_parse() -> None:
    assert ResolvConf(("192.0.2.53", "127.0.0.1"), ("a.example", "b.example"), ("ndots:2",)) == HOST
    assert parse("domain x\nsearch y\n\n;z\nsortlist 1\nnameserver\n") == ResolvConf((), ("y",), (), ("sortlist 1",))


def test_the_hosts_loopback_is_left_out() -> None:
    expected = "nameserver 192.0.2.53\nsearch a.example b.example\noptions ndots:2\n"
    assert resolv_conf_text(HOST) == expected


def test_in_the_hosts_network_it_stays() -> None:
    assert "nameserver 127.0.0.1\n" in resolv_conf_text(HOST, own_namespace=False)


@pytest.mark.parametrize("server", ["127.0.0.1", "::1", "fd00::53", "fe80::1%eth0", "rubbish"])
def test_public_servers_when_none_is_left(server: str) -> None:
    text = resolv_conf_text(ResolvConf((server,)))
    assert text == "nameserver 8.8.8.8\nnameserver 8.8.4.4\n"


def test_ipv6_servers_where_there_is_ipv6() -> None:
    assert resolv_conf_text(ResolvConf(("fd00::53",)), ipv6=True) == "nameserver fd00::53\n"


def test_what_the_user_asks_for() -> None:
    text = resolv_conf_text(HOST, dns=["127.0.0.1", "9.9.9.9"], dns_search=["x"], dns_options=["rotate"])
    assert text == "nameserver 127.0.0.1\nnameserver 9.9.9.9\nsearch x\noptions rotate\n"


def test_no_search_at_all() -> None:
    assert "search" not in resolv_conf_text(HOST, dns_search=["."])


def test_a_server_that_is_no_address() -> None:
    with pytest.raises(InvalidParameter, match="is not an ip address"):
        resolv_conf_text(HOST, dns=["dns.example"])


def test_behind_systemds_stub() -> None:
    files = {HOST_FILE: "nameserver 127.0.0.53\n", SYSTEMD_FILE: "nameserver 192.0.2.1\n"}
    assert read_host(files.__getitem__).servers == ("192.0.2.1",)
    files[SYSTEMD_FILE] = ""
    assert read_host(files.__getitem__).servers == ("127.0.0.53",)


@pytest.mark.parametrize(
    ("host", "asked", "text", "servers", "ndots_set"),
    [
        (
            HOST,
            {},
            "nameserver 127.0.0.11\nsearch a.example b.example\noptions ndots:2\n",
            (("192.0.2.53", False), ("127.0.0.1", True)),
            True,
        ),
        (
            ResolvConf(("127.0.0.53",)),
            {},
            "nameserver 127.0.0.11\noptions ndots:0\n",
            (("127.0.0.53", True),),
            False,
        ),
        (
            ResolvConf(("fd00::53", "fe80::1%eth0")),
            {"ipv6": True},
            "nameserver 127.0.0.11\noptions ndots:0\n",
            (("fd00::53", False), ("fe80::1%eth0", True)),
            False,
        ),
        (
            ResolvConf(("fd00::53",)),
            {},
            "nameserver 127.0.0.11\noptions ndots:0\n",
            (("fd00::53", True),),
            False,
        ),
        (
            ResolvConf(("rubbish",)),
            {},
            "nameserver 127.0.0.11\noptions ndots:0\n",
            (("8.8.8.8", False), ("8.8.4.4", False)),
            False,
        ),
        (
            HOST,
            {"dns": ["127.0.0.1", "9.9.9.9"], "dns_search": ["."], "dns_options": ["rotate", "ndots:x"]},
            "nameserver 127.0.0.11\noptions rotate ndots:0\n",
            (("127.0.0.1", False), ("9.9.9.9", False)),
            False,
        ),
    ],
)
def test_behind_a_resolver(
    host: ResolvConf, asked: dict[str, object], text: str, servers: tuple[tuple[str, bool], ...], ndots_set: bool
) -> None:
    behind = resolver_conf(host, "127.0.0.11", **asked)
    assert (behind.text, behind.servers, behind.ndots_set) == (text, servers, ndots_set)
