"""Packets in, decisions out; dnspython makes the questions and reads the answers."""

import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockyard.network.resolver.answer import Forward, decide
from dockyard.network.resolver.names import NameTable
from dockyard.network.resolver.values import Member, Place, Server, View

TABLE = NameTable()
TABLE.name_network("n", "net")
TABLE.join("n", Member("e1", "web", ("web", "www", "mail.example"), "172.18.0.2"))
for number in range(3, 60):
    TABLE.join("n", Member(f"e{number}", f"many{number}", ("many",), f"172.18.0.{number}"))
SERVERS = (Server("192.0.2.1"),)
VIEW = View("s", (Place("n"),), SERVERS)
INTERNAL = View("s", (Place("n"),), SERVERS, forward=False)
LONELY = View("s", (Place("n"),))
NDOTS = View("s", (Place("n"),), SERVERS, ndots_set=True)


def ask(name: str, kind: str, view: View = VIEW, *, tcp: bool = False, **more: object) -> dns.message.Message | Forward:
    query = dns.message.make_query(name, kind, **more)
    decision = decide(TABLE, view, query.to_wire(), tcp=tcp)
    if isinstance(decision, Forward):
        return decision
    assert decision is not None
    response = dns.message.from_wire(decision)
    assert query.is_response(response)
    return response


def test_an_address() -> None:
    response = ask("web", "A")
    assert isinstance(response, dns.message.Message)
    assert response.rcode() == dns.rcode.NOERROR
    assert response.flags & dns.flags.RA
    assert [rrset.to_text() for rrset in response.answer] == ["web. 600 IN A 172.18.0.2"]


def test_a_reverse_lookup() -> None:
    response = ask("2.0.18.172.in-addr.arpa.", "PTR")
    assert isinstance(response, dns.message.Message)
    assert response.answer[0].to_text() == "2.0.18.172.in-addr.arpa. 600 IN PTR web.net."


@pytest.mark.parametrize(
    ("name", "kind", "view"),
    [
        ("web", "AAAA", VIEW),
        ("web", "MX", VIEW),
        ("mail.example", "MX", VIEW),
        ("web", "HTTPS", VIEW),
        ("x", "A", NDOTS),
    ],
)
def test_nothing_there_and_nobody_else_is_asked(name: str, kind: str, view: View) -> None:
    response = ask(name, kind, view)
    assert isinstance(response, dns.message.Message)
    assert (response.rcode(), response.answer) == (dns.rcode.NOERROR, [])


@pytest.mark.parametrize(
    ("name", "kind", "view"),
    [
        ("example.com", "A", VIEW),
        ("nobody", "A", VIEW),
        ("nobody.example", "A", NDOTS),
        ("nobody", "TXT", NDOTS),
        ("mail.example", "TXT", VIEW),
        ("_http._tcp.web", "SRV", VIEW),
        ("9.9.9.9.in-addr.arpa", "PTR", VIEW),
        ("nonsense.in-addr.arpa", "PTR", VIEW),
        ("nonsense", "PTR", VIEW),
        (".", "NS", VIEW),
    ],
)
def test_others_are_asked(name: str, kind: str, view: View) -> None:
    assert isinstance(ask(name, kind, view), Forward)


@pytest.mark.parametrize("view", [INTERNAL, LONELY])
def test_without_way_out_the_answer_is_a_failure(view: View) -> None:
    response = ask("example.com", "A", view)
    assert isinstance(response, dns.message.Message)
    assert response.rcode() == dns.rcode.SERVFAIL
    own = ask("web", "A", view)
    assert isinstance(own, dns.message.Message)
    assert own.answer


def test_other_classes_are_not_ours() -> None:
    assert isinstance(ask("web", "A", rdclass="CH"), Forward)


@pytest.mark.parametrize(
    ("more", "tcp", "most", "cut"),
    [
        ({}, False, 512, True),
        ({"use_edns": 0, "payload": 700}, False, 700, True),
        ({"use_edns": 0, "payload": 0}, False, 512, True),
        ({"use_edns": 0, "payload": 4096}, False, 4096, False),
        ({}, True, 65535, False),
    ],
)
def test_an_answer_fits_what_the_client_takes(more: dict[str, int], tcp: bool, most: int, cut: bool) -> None:
    query = dns.message.make_query("many", "A", **more)
    wire = decide(TABLE, VIEW, query.to_wire(), tcp=tcp)
    assert isinstance(wire, bytes)
    assert len(wire) <= most
    response = dns.message.from_wire(wire)
    assert bool(response.flags & dns.flags.TC) == cut
    assert cut or len(response.answer[0]) == 57


def test_several_addresses_come_in_turn() -> None:
    firsts = set()
    for _ in range(60):
        response = ask("many", "A", tcp=True)
        assert isinstance(response, dns.message.Message)
        firsts.add(str(response.answer[0][0]))
    assert len(firsts) > 5


@pytest.mark.parametrize(
    ("wire", "rcode"),
    [
        (b"ab\x00\x00\x00\x01" + bytes(6), dns.rcode.FORMERR),
        (b"ab\x00\x00" + bytes(8), dns.rcode.FORMERR),
        (b"ab\x28\x00\x00\x01" + bytes(6) + b"\x01a\x00\x00\x06\x00\x01", dns.rcode.NOTIMP),
        (b"ab\x00\x00\x00\x02" + bytes(6) + b"\x01a\x00\x00\x01\x00\x01" * 2, dns.rcode.FORMERR),
    ],
)
def test_what_cannot_be_understood_is_refused(wire: bytes, rcode: int) -> None:
    decision = decide(TABLE, VIEW, wire)
    assert isinstance(decision, bytes)
    response = dns.message.from_wire(decision)
    assert (decision[:2], response.rcode(), bool(response.flags & dns.flags.QR)) == (b"ab", rcode, True)


@pytest.mark.parametrize("wire", [b"", b"short", b"ab\x80\x00\x00\x01" + bytes(20)])
def test_no_answer_to_noise_and_answers(wire: bytes) -> None:
    assert decide(TABLE, VIEW, wire) is None


QUESTION = dns.message.make_query("web", "A", use_edns=0).to_wire()


def spoiled(at: int, piece: bytes, tail: bytes) -> bytes:
    return QUESTION[:at] + piece + QUESTION[at + len(piece) :] + tail


PACKETS = st.binary(max_size=600) | st.builds(
    spoiled, st.integers(2, len(QUESTION)), st.binary(max_size=20), st.binary(max_size=40)
)


@settings(max_examples=400, deadline=None)
@given(PACKETS, st.booleans())
def test_anything_may_come(wire: bytes, tcp: bool) -> None:
    decision = decide(TABLE, VIEW, wire, tcp=tcp)
    if isinstance(decision, Forward):
        decision = decision.failure()
    if decision is not None:
        assert decision[:2] == wire[:2]
        assert decision[2] & 0x80
        dns.message.from_wire(decision)
