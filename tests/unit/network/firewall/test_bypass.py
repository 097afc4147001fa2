"""Firewalls that published ports go past, as `nft list chains` shows them."""

import pytest

from dockyard.network.attachment import PortRequest
from dockyard.network.firewall.bypass import closed_firewalls, is_open_to_others, warning
from dockyard.network.firewall.foreign import DroppingChain, dropping_chains
from dockyard.network.firewall.user_chain import is_used

OPEN = """table ip filter {
\tchain INPUT {
\t\ttype filter hook input priority filter; policy accept;
\t}
\tchain FORWARD {
\t\ttype filter hook forward priority filter; policy drop;
\t}
}
"""
UFW = """table ip filter {
\tchain ufw-before-input {
\t}
\tchain INPUT {
\t\ttype filter hook input priority filter; policy drop;
\t}
}
table ip6 filter {
\tchain ufw6-before-input {
\t}
\tchain INPUT {
\t\ttype filter hook input priority filter; policy drop;
\t}
}
"""
FIREWALLD = """table inet firewalld {
\tchain filter_INPUT {
\t\ttype filter hook input priority filter + 10; policy accept;
\t}
}
"""
OWN = """table inet mine {
\tchain in {
\t\ttype filter hook input priority filter; policy drop;
\t}
}
"""


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("", []),
        (OPEN, []),
        (UFW, ["ufw"]),
        (FIREWALLD, ["firewalld"]),
        (OWN, ["chain in of table inet mine"]),
        (OPEN + OWN + FIREWALLD, ["chain in of table inet mine", "firewalld"]),
        ("table inet firewalld {\n}\n" + OPEN, []),
    ],
)
def test_who_closes_the_host(listing: str, expected: list[str]) -> None:
    assert closed_firewalls(listing) == expected


@pytest.mark.parametrize(
    ("addresses", "default", "expected"),
    [
        ([""], "0.0.0.0", True),
        ([""], "127.0.0.1", False),
        (["127.0.0.1", "::1"], "0.0.0.0", False),
        (["127.0.0.1", "192.0.2.1"], "0.0.0.0", True),
        ([], "0.0.0.0", False),
    ],
)
def test_ports_for_this_host_alone_are_nobodys_concern(addresses: list[str], default: str, expected: bool) -> None:
    assert is_open_to_others([PortRequest("tcp", 80, address) for address in addresses], default) is expected


def test_the_warning_names_them() -> None:
    assert "although ufw and firewalld closes" in warning(["ufw", "firewalld"])


def test_firewalld_rejects_what_is_forwarded_although_its_policy_accepts() -> None:
    listing = FIREWALLD.replace("filter_INPUT", "filter_FORWARD").replace("hook input", "hook forward")
    assert dropping_chains(listing) == [DroppingChain("inet", "firewalld", "filter_FORWARD")]
    assert dropping_chains(OPEN) == [DroppingChain("ip", "filter", "FORWARD")]
    assert dropping_chains(UFW) == []


MADE = """table inet dockyard-user { # handle 7
\tchain forward { # handle 1
\t\ttype filter hook forward priority -5; policy accept;
\t}
}
"""


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        (MADE, False),
        (MADE.replace("\t}\n", "\t\ttcp dport 80 drop # handle 2\n\t}\n"), True),
        (MADE.replace("policy accept", "policy drop"), True),
        (MADE.replace("\tchain", "\tset x {\n\t}\n\tchain"), True),
    ],
)
def test_whether_the_operators_table_is_in_use(listing: str, expected: bool) -> None:
    assert is_used(listing) is expected
