"""Hostile packets for the resolver: what servers send back, and what its process is told."""

import dns.message
import dns.rcode
import dns.rrset
from hypothesis import given, settings
from hypothesis import strategies as st

from dockyard.network.companion.messages import decode_order, decode_outcome
from dockyard.network.resolver.answer import Forward, decide
from dockyard.network.resolver.exchange import read_reply
from dockyard.network.resolver.names import NameTable
from dockyard.network.resolver.values import Server, View

QUERY = dns.message.make_query("name.example", "A", id=0x6162)
QUESTION = decide(NameTable(), View("s", servers=(Server("192.0.2.1"),)), QUERY.to_wire())
assert isinstance(QUESTION, Forward)
ANSWER = dns.message.make_response(QUERY)
ANSWER.answer.append(dns.rrset.from_text(QUERY.question[0].name, 60, "IN", "A", "192.0.2.7"))
WIRE = ANSWER.to_wire()
ID = WIRE[:2]


def spoiled(at: int, piece: bytes, tail: bytes) -> bytes:
    return WIRE[:at] + piece + WIRE[at + len(piece) :] + tail


REPLIES = st.binary(max_size=600) | st.builds(
    spoiled, st.integers(0, len(WIRE)), st.binary(max_size=20), st.binary(max_size=40)
)


def test_the_answer_is_taken() -> None:
    reply = read_reply(QUESTION, ID, WIRE)
    assert reply is not None
    assert reply.is_positive
    assert reply.wire[:2] == b"ab"


@settings(max_examples=600, deadline=None)
@given(REPLIES, st.sampled_from([ID, b"zz"]))
def test_only_what_answers_the_question_is_taken(wire: bytes, identity: bytes) -> None:
    reply = read_reply(QUESTION, identity, wire)
    if reply is None:
        return
    assert wire[:2] == identity
    assert wire[2] & 0x80
    assert reply.wire == b"ab" + wire[2:]
    if reply.is_conclusive:
        head = dns.message.from_wire(wire, question_only=True, ignore_trailing=True)
        assert head.question == QUERY.question


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_orders_that_are_none_are_refused(packet: bytes) -> None:
    for decode in (decode_order, decode_outcome):
        try:
            decode(packet)
        except ValueError:  # msgspec.DecodeError is one
            continue
