"""What becomes of a packet that a container sent: an answer of ours, a question for other servers, or nothing. Pure.

What is ours is answered as Docker does it: A and AAAA with a lifetime of 600 s and several addresses in random order;
a name of ours without address of the family asked for gives an empty answer, never a question to others; so does MX.
Other types of a name without dot give an empty answer, too, where Docker asks others: those say that there is no such
name, and a client that asked for HTTPS records beside A would believe it.

RFC 1035 §4.1 (messages), RFC 6891 §6.2.3 (size), RFC 8906 (what isn't understood)
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.reversename
import dns.rrset

from dockyard.network.resolver.names import IPV4, IPV6, NameTable
from dockyard.network.resolver.values import View

TTL_SECONDS: Final = 600
MIN_UDP_BYTES: Final = 512
MAX_BYTES: Final = 65535
_HEADER_BYTES: Final = 12
_QUERY_RESPONSE: Final = 0x80


@dataclass(frozen=True, slots=True)
class Forward:
    """A question for other servers.

    Attributes:
        wire: the packet as it came.
        query: the same, parsed.
        max_bytes: the longest answer that the client takes.
    """

    wire: bytes
    query: dns.message.Message
    max_bytes: int

    def failure(self, rcode: dns.rcode.Rcode = dns.rcode.SERVFAIL) -> bytes:
        """An answer that says that none could be had."""
        return _response(self.query, rcode).to_wire()


def decide(table: NameTable, view: View, wire: bytes, *, tcp: bool = False) -> bytes | Forward | None:
    """Judge a packet.

    Args:
        table: who is called what.
        view: of the sandbox that it came from.
        wire: the packet; anything at all.
        tcp: whether it came by TCP, so that a long answer isn't cut.

    Returns:
        The answer; the question to ask others; None where there is nothing to say.
    """
    if len(wire) < _HEADER_BYTES or wire[2] & _QUERY_RESPONSE:
        return None
    try:
        query = dns.message.from_wire(wire, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return _refusal(wire, dns.rcode.FORMERR)
    if query.opcode() != dns.opcode.QUERY:
        return _refusal(wire, dns.rcode.NOTIMP)
    if len(query.question) != 1:
        return _refusal(wire, dns.rcode.FORMERR)
    max_bytes = MAX_BYTES if tcp else max(MIN_UDP_BYTES, query.payload if query.edns >= 0 else 0)
    response = _own_answer(table, view, query)
    if response is not None:
        return response.to_wire(max_size=max_bytes, prefer_truncation=True)
    forward = Forward(wire, query, max_bytes)
    if not view.forward or not view.servers:
        return forward.failure()
    return forward


def _own_answer(table: NameTable, view: View, query: dns.message.Message) -> dns.message.Message | None:
    question = query.question[0]
    if question.rdclass != dns.rdataclass.IN:
        return None
    kind = question.rdtype
    if kind == dns.rdatatype.PTR:
        return _reverse(table, view, query)
    name = question.name.to_text(omit_final_dot=True)
    family = IPV6 if kind == dns.rdatatype.AAAA else IPV4
    addresses = table.resolve(view, name, family)
    wants_address = kind in (dns.rdatatype.A, dns.rdatatype.AAAA)
    has_dot = "." in name
    if addresses is None:
        unforwarded = wants_address and view.ndots_set and not has_dot
        return _response(query) if unforwarded else None
    if not wants_address:
        return _response(query) if kind == dns.rdatatype.MX or not has_dot else None
    response = _response(query)
    if addresses:
        response.answer.append(dns.rrset.from_text_list(question.name, TTL_SECONDS, question.rdclass, kind, addresses))
    return response


def _reverse(table: NameTable, view: View, query: dns.message.Message) -> dns.message.Message | None:
    name = query.question[0].name
    try:
        address = str(ip_address(dns.reversename.to_address(name)))
        found = table.reverse(view, address)
        target = dns.name.from_text(found) if found else None
    except (dns.exception.DNSException, ValueError):
        return None
    if target is None:
        return None
    response = _response(query)
    question = query.question[0]
    text = target.to_text()
    response.answer.append(dns.rrset.from_text(name, TTL_SECONDS, question.rdclass, question.rdtype, text))
    return response


def _response(query: dns.message.Message, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> dns.message.Message:
    response = dns.message.make_response(query, recursion_available=True)
    response.set_rcode(rcode)
    return response


def _refusal(wire: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """The header alone, turned into an answer: what it asked can't be repeated."""
    flags = bytes((wire[2] & 0x79 | _QUERY_RESPONSE, 0x80 | rcode))
    return wire[:2] + flags + bytes(8)
