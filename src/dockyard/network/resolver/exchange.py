"""One question to one server: by UDP, and by TCP where the client came by TCP or the answer was cut.

An answer counts only if it comes from the server's address and port (the socket is connected), to a port that the
kernel chose at random for this question alone, and has the random id and the very question that were sent: RFC 5452 §9.
What doesn't is passed over, and the waiting goes on.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from dockyard.network.resolver.answer import Forward

_MAX_DATAGRAM_BYTES: Final = 65535
_MAX_STRANGE_PACKETS: Final = 32
"""More packets that aren't the answer, and the server counts as silent: somebody floods us."""

_LENGTH_BYTES: Final = 2

OpenSocket = Callable[[socket.SocketKind, int], socket.socket]
"""Makes an unconnected, non-blocking socket of that kind and family, where the server is to be asked from."""


class Reply:
    """An answer of a server that belongs to the question.

    Attributes:
        wire: the packet, with the id of the client's question.
        rcode: what it says.
        is_cut: whether it was truncated.
    """

    __slots__ = ("is_cut", "rcode", "wire")

    def __init__(self, wire: bytes, rcode: int, is_cut: bool) -> None:
        self.wire = wire
        self.rcode = rcode
        self.is_cut = is_cut

    @property
    def is_positive(self) -> bool:
        """Whether there is such a name."""
        return self.rcode == dns.rcode.NOERROR

    @property
    def is_conclusive(self) -> bool:
        """Whether asking another server would be pointless."""
        return self.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


async def ask(question: Forward, server: tuple[str, int], open_socket: OpenSocket, *, tcp: bool) -> Reply:
    """Ask a server; there is no limit of time in here.

    Args:
        question: what the client asked.
        server: address and port.
        open_socket: where from.
        tcp: whether to ask by TCP at once.

    Raises:
        OSError: it can't be reached, or closes the connection.
    """
    if tcp:
        return await _ask_by_tcp(question, server, open_socket)
    reply = await _ask_by_udp(question, server, open_socket)
    if not reply.is_cut:
        return reply
    try:
        whole = await _ask_by_tcp(question, server, open_socket)
    except OSError:
        return reply  # the client may have more luck
    return whole if len(whole.wire) <= question.max_bytes else reply


async def _ask_by_udp(question: Forward, server: tuple[str, int], open_socket: OpenSocket) -> Reply:
    loop = asyncio.get_running_loop()
    with _connected_to(server, socket.SOCK_DGRAM, open_socket) as client:
        client.connect(server)
        identity = _new_id()
        await loop.sock_sendall(client, identity + question.wire[2:])
        for _ in range(_MAX_STRANGE_PACKETS):
            reply = read_reply(question, identity, await loop.sock_recv(client, _MAX_DATAGRAM_BYTES))
            if reply is not None:
                return reply
    raise TimeoutError("only packets that are no answer")


async def _ask_by_tcp(question: Forward, server: tuple[str, int], open_socket: OpenSocket) -> Reply:
    loop = asyncio.get_running_loop()
    with _connected_to(server, socket.SOCK_STREAM, open_socket) as client:
        await loop.sock_connect(client, server)
        identity = _new_id()
        wire = identity + question.wire[2:]
        await loop.sock_sendall(client, len(wire).to_bytes(_LENGTH_BYTES, "big") + wire)
        length = int.from_bytes(await _read(client, _LENGTH_BYTES), "big")
        reply = read_reply(question, identity, await _read(client, length))
    if reply is None:
        raise ConnectionAbortedError("what the server says is no answer")
    return reply


async def _read(client: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    parts: list[bytes] = []
    while size > 0:
        part = await loop.sock_recv(client, size)
        if not part:
            raise ConnectionResetError("the server closes the connection")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_reply(question: Forward, identity: bytes, wire: bytes) -> Reply | None:
    """`wire` as an answer to `question`, which was sent with the id `identity`; None if it is none."""
    if wire[:2] != identity:
        return None
    try:
        head = dns.message.from_wire(wire, question_only=True, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return None
    if not head.flags & dns.flags.QR or head.opcode() != question.query.opcode():
        return None
    rcode = head.flags & 0xF
    # A server that doesn't understand the question may leave it out; that can only make us ask another one.
    if head.question != question.query.question and (head.question or rcode == dns.rcode.NOERROR):
        return None
    if not head.question and rcode == dns.rcode.NXDOMAIN:
        return None
    return Reply(question.wire[:2] + wire[2:], rcode, bool(head.flags & dns.flags.TC))


def _connected_to(server: tuple[str, int], kind: socket.SocketKind, open_socket: OpenSocket) -> socket.socket:
    return open_socket(kind, socket.AF_INET6 if ":" in server[0] else socket.AF_INET)


def _new_id() -> bytes:
    return secrets.token_bytes(2)
