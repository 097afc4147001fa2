"""The table of names, as Docker looks them up."""

import pytest

from dockyard.network.resolver.names import IPV4, IPV6, NameTable
from dockyard.network.resolver.values import Member, Place, View

WEB = Member("e1", "web", ("web", "www", "0123456789ab", "HOST"), "172.18.0.2")
TWIN = Member("e2", "web2", ("web2", "www"), "172.18.0.3", "fd00::3")
OTHER = Member("e3", "web", ("web",), "172.19.0.2")
DOTTED = Member("e4", "a.b", ("a.b",), "172.19.0.4")


@pytest.fixture
def table() -> NameTable:
    table = NameTable()
    table.name_network("n1", "front")
    table.name_network("n2", "back.end")
    table.join("n1", WEB)
    table.join("n1", TWIN)
    table.join("n2", OTHER)
    table.join("n2", DOTTED)
    return table


FRONT = View("s1", (Place("n1"),))
BOTH = View("s2", (Place("n1"), Place("n2")))
BACK_FIRST = View("s3", (Place("n2"), Place("n1")))
LINKED = View("s4", (Place("n1", (("db", "web2"), ("web", "web2"))),))
EXTRA = View(
    "s5", (Place("n1"),), hosts=(("gateway.test", "10.0.0.1"), ("GATEWAY.test", "fd00::1"), ("web", "1.1.1.1"))
)


@pytest.mark.parametrize(
    ("view", "name", "family", "expected"),
    [
        (FRONT, "web", IPV4, ["172.18.0.2"]),
        (FRONT, "WEB.", IPV4, ["172.18.0.2"]),
        (FRONT, "0123456789ab", IPV4, ["172.18.0.2"]),
        (FRONT, "host", IPV4, ["172.18.0.2"]),
        (FRONT, "www", IPV4, ["172.18.0.2", "172.18.0.3"]),
        (FRONT, "www", IPV6, ["fd00::3"]),
        (FRONT, "web", IPV6, []),
        (FRONT, "nobody", IPV4, None),
        (FRONT, "", IPV4, None),
        (FRONT, "web.front", IPV4, ["172.18.0.2"]),
        (FRONT, "web.back.end", IPV4, None),
        (FRONT, "web.front.example", IPV4, None),
        (BOTH, "web", IPV4, ["172.18.0.2"]),
        (BACK_FIRST, "web", IPV4, ["172.19.0.2"]),
        (BOTH, "web.back.end", IPV4, ["172.19.0.2"]),
        (BOTH, "a.b", IPV4, ["172.19.0.4"]),
        (BOTH, "a.b.back.end", IPV4, ["172.19.0.4"]),
        (LINKED, "db", IPV4, ["172.18.0.3"]),
        (LINKED, "web", IPV4, ["172.18.0.3"]),
        (LINKED, "web.front", IPV4, ["172.18.0.3"]),
        (EXTRA, "Gateway.Test", IPV4, ["10.0.0.1"]),
        (EXTRA, "gateway.test", IPV6, ["fd00::1"]),
        (EXTRA, "web", IPV4, ["172.18.0.2"]),
        (View("s6"), "web", IPV4, None),
    ],
)
def test_lookup(table: NameTable, view: View, name: str, family: int, expected: list[str] | None) -> None:
    assert table.resolve(view, name, family) == expected


@pytest.mark.parametrize(
    ("view", "address", "expected"),
    [
        (FRONT, "172.18.0.2", "web.front"),
        (FRONT, "fd00::3", "web2.front"),
        (FRONT, "172.19.0.2", None),
        (BOTH, "172.19.0.2", "web.back.end"),
        (FRONT, "8.8.8.8", None),
    ],
)
def test_reverse(table: NameTable, view: View, address: str, expected: str | None) -> None:
    assert table.reverse(view, address) == expected


def test_who_has_left_is_not_found(table: NameTable) -> None:
    table.leave("n1", "e1")
    table.leave("n1", "e1")
    table.leave("nowhere", "e1")
    assert table.resolve(FRONT, "web", IPV4) is None
    assert table.resolve(FRONT, "www", IPV4) == ["172.18.0.3"]
    assert table.reverse(FRONT, "172.18.0.2") is None


def test_a_new_name_takes_the_place_of_the_old_one(table: NameTable) -> None:
    table.join("n1", Member("e1", "site", ("site",), "172.18.0.2"))
    assert table.resolve(FRONT, "web", IPV4) is None
    assert table.resolve(FRONT, "site", IPV4) == ["172.18.0.2"]
    assert table.reverse(FRONT, "172.18.0.2") == "site.front"


def test_an_address_that_changed_hands_stays_with_the_new_owner(table: NameTable) -> None:
    table.join("n1", Member("e9", "next", ("next",), "172.18.0.2"))
    table.leave("n1", "e1")
    assert table.reverse(FRONT, "172.18.0.2") == "next.front"


def test_the_rest_is_forgotten(table: NameTable) -> None:
    table.keep_only({"n1"}, {"e2"})
    assert table.resolve(BOTH, "web", IPV4) is None
    assert table.resolve(BOTH, "www", IPV4) == ["172.18.0.3"]
    assert table.resolve(BOTH, "a.b", IPV4) is None
