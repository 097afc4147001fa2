"""/etc/hosts."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.network.etc.hosts import (
    changed_hosts_text,
    hostname_text,
    hosts_text,
    parse_extra_host,
    shared_hosts_text,
)


def test_own_address_and_names() -> None:
    lines = hosts_text("abc", addresses=["172.17.0.2"]).splitlines()
    assert lines[0] == "127.0.0.1\tlocalhost"
    assert lines[-1] == "172.17.0.2\tabc"


@pytest.mark.parametrize(
    ("hostname", "domainname", "names"),
    [("web", "example.org", "web.example.org web"), ("web.example.org", "", "web.example.org web"), ("web", "", "web")],
)
def test_domain(hostname: str, domainname: str, names: str) -> None:
    assert hosts_text(hostname, domainname, addresses=["10.0.0.2"]).endswith(f"10.0.0.2\t{names}\n")


def test_extra_hosts_come_before() -> None:
    text = hosts_text(
        "abc",
        addresses=["172.17.0.2"],
        extra_hosts=["db:10.0.0.9", "six=[fd00::1]", "host.docker.internal:host-gateway"],
        host_gateways=["172.17.0.1"],
    )
    assert text.splitlines()[-4:] == [
        "10.0.0.9\tdb",
        "fd00::1\tsix",
        "172.17.0.1\thost.docker.internal",
        "172.17.0.2\tabc",
    ]


def test_without_address() -> None:
    assert "abc" not in hosts_text("abc")


def test_in_the_hosts_network() -> None:
    assert shared_hosts_text("127.0.0.1 localhost", ["a:10.0.0.1"]) == "127.0.0.1 localhost\n10.0.0.1\ta\n"


@pytest.mark.parametrize(
    "text", ["", "db", "db:", ":10.0.0.1", "db:nowhere", "d b:10.0.0.1", "db:10.0.0.1\nx:10.0.0.2"]
)
def test_malformed(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_extra_host(text)


def test_unknown_gateway() -> None:
    with pytest.raises(InvalidParameter, match="host-gateway"):
        hosts_text("abc", extra_hosts=["x:host-gateway"])


def test_hostname() -> None:
    assert hostname_text("abc") == "abc\n"


def test_linked_containers_stand_before_ones_own_address() -> None:
    text = hosts_text("web", addresses=("172.17.0.2",), links=(("172.17.0.3", "db 0123 postgres"),))
    assert text.splitlines()[-2:] == ["172.17.0.3\tdb 0123 postgres", "172.17.0.2\tweb"]


@pytest.mark.parametrize(
    ("gone", "addresses", "expected"),
    [
        ((), ("10.0.0.2",), "1.1.1.1\tmine\n10.0.0.2\tweb\n"),
        ((), ("10.0.0.2", "10.1.0.2"), "1.1.1.1\tmine\n10.0.0.2\tweb\n10.1.0.2\tweb\n"),
        (("10.0.0.2",), (), "1.1.1.1\tmine\n"),
        (("10.0.0.2",), ("10.0.0.3",), "1.1.1.1\tmine\n10.0.0.3\tweb\n"),
        (("1.1.1.1",), ("10.0.0.2",), "1.1.1.1\tmine\n10.0.0.2\tweb\n"),
    ],
)
def test_addresses_change_and_edits_stay(gone: tuple[str, ...], addresses: tuple[str, ...], expected: str) -> None:
    before = "1.1.1.1\tmine\n10.0.0.2\tweb\n"
    after = changed_hosts_text(before, "web", gone=gone, addresses=addresses)
    assert after == expected
    assert changed_hosts_text(after, "web", gone=gone, addresses=addresses) == expected


def test_a_line_without_end_gets_one() -> None:
    assert changed_hosts_text("1.1.1.1 x", "web", addresses=("10.0.0.2",)) == "1.1.1.1 x\n10.0.0.2\tweb\n"
