"""TLS in front of HTTP: each client gets a socket pair, one end of which is served as if it were a plain client.

    client ══TLS══ TlsConnection ──bytes── PlainSide ──socket pair── HTTP connection, or the shim after a hijack

A session that leaves HTTP takes a descriptor along, and a shim can't speak TLS; so the copying stays here, and the
shim gets its end of the pair. It also lets a client half-close, which asyncio's own TLS transport can't: `docker exec
-i` says close_notify at the end of its input (RFC 8446, 6.1: that closes one direction only) and goes on reading.

A TCP FIN is another thing: no TLS client sends it while it still wants an answer. It gets HALF_CLOSED_SECONDS for what
is under way, as a plain TCP client does.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from dockyard.errors import InvalidParameter
from dockyard.server.docker.http.connection import HALF_CLOSED_SECONDS

LOG = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
READ_BYTES = 1 << 18

Factory = Callable[[], asyncio.BaseProtocol]

NOT_TLS = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
"""Word for word what Go's server says."""


def tls_context(certificate: str, key: str, authority: str | None) -> ssl.SSLContext:
    """A server's context for PEM files; with `authority` a client needs a certificate that it signed.

    Raises InvalidParameter when a file can't be read or doesn't fit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client that renegotiates would make the daemon do expensive work as often as it likes (CVE-2011-1473).
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificate, key, password=b"")
    except (OSError, ssl.SSLError) as error:
        raise InvalidParameter(
            f"invalid TLS configuration: could not load X509 key pair (cert: {certificate!r}, key: {key!r}): {error}"
        ) from error
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, ssl.SSLError) as error:
            raise InvalidParameter(
                f"invalid TLS configuration: could not read CA certificate {authority!r}: {error}"
            ) from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Tls:
    """The TLS of a listener, as its files (see `tls_context`) said when they were last read."""

    def __init__(self, certificate: str, key: str, authority: str | None) -> None:
        self._files = (certificate, key, authority)
        self.context = tls_context(*self._files)

    def read_again(self) -> None:
        """Uses what the files say now for clients that come; InvalidParameter, and no change, when they are wrong."""
        self.context = tls_context(*self._files)


class TlsConnection(asyncio.Protocol):
    """One client of a TLS listener; `serve` makes the protocol for its plain bytes."""

    def __init__(self, context: ssl.SSLContext, serve: Factory) -> None:
        self._serve = serve
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle
        self._plain: asyncio.Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._sends_no_more = False
        self._client_sends_no_more = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected: it has a while for its handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE_SECONDS, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Ciphertext from the client."""
        if self._sends_no_more or self._client_sends_no_more:
            return  # still read, since the kernel resets a connection that is closed with something unread
        self._incoming.write(data)
        if self._opening is None:
            self._go_on_with(self._handshake)
        if self._plain is not None:
            self._go_on_with(self._decrypt)

    def _go_on_with(self, step: Callable[[], None]) -> None:
        try:
            step()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            LOG.debug("TLS: %s", error)
            self._flush()  # the alert that says why
            if error.reason == "HTTP_REQUEST":
                self._transport.write(NOT_TLS)
            self._transport.close()

    def _handshake(self) -> None:
        self._tls.do_handshake()
        self._flush()
        self._timer.cancel()
        self._transport.pause_reading()
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        """Makes the pair and puts HTTP at its far end."""
        loop = asyncio.get_running_loop()
        try:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            theirs.setblocking(False)
            await loop.connect_accepted_socket(self._serve, theirs)
            plain, _ = await loop.create_unix_connection(lambda: PlainSide(self), sock=ours)
        except OSError as error:
            LOG.error("no socket pair for a TLS client: %s", error)
            self._transport.abort()
            return
        if self._transport.is_closing():
            plain.close()
            return
        self._plain = plain
        self._transport.resume_reading()
        self._go_on_with(self._decrypt)

    def _decrypt(self) -> None:
        """Passes on all that can be decrypted; a close_notify ends the client's direction and no more."""
        assert self._plain is not None
        while not self._client_sends_no_more:
            try:
                data = self._tls.read(READ_BYTES)
            except ssl.SSLZeroReturnError:
                data = b""
            if not data:
                self._end_of_input()
                return
            self._plain.write(data)

    def _end_of_input(self) -> None:
        self._client_sends_no_more = True
        if self._plain is not None and not self._plain.is_closing():
            self._plain.write_eof()

    def encrypt(self, data: bytes) -> None:
        """Sends plain bytes to the client."""
        if not self._sends_no_more and not self._transport.is_closing():
            self._tls.write(data)
            self._flush()

    def finish(self) -> None:
        """Says close_notify and FIN: all was said. The client has a while to hang up, or is hung up on."""
        if self._sends_no_more or self._transport.is_closing():
            return
        with suppress(ssl.SSLError):  # "want read": the client's own close_notify isn't waited for
            self._tls.unwrap()
        self._flush()
        self._sends_no_more = True
        self._transport.write_eof()
        self._transport.resume_reading()
        self._limit_rest()

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._transport.write(data)

    def _limit_rest(self) -> None:
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(HALF_CLOSED_SECONDS, self._transport.close)

    def eof_received(self) -> bool:
        """The client has closed its side of TCP: it is gone, or soon will be."""
        if self._plain is None or self._sends_no_more:
            return False
        self._end_of_input()
        self._limit_rest()
        return True

    def pause_writing(self) -> None:
        """The client doesn't take what it is sent: nothing more is read for it."""
        if self._plain is not None:
            self._plain.pause_reading()

    def resume_writing(self) -> None:
        """The client takes it again."""
        if self._plain is not None:
            self._plain.resume_reading()

    def hold_client(self, hold: bool) -> None:
        """Reads no more of the client (or reads again) while what it sent isn't taken on the other side."""
        if hold:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client is gone; so is its end of the pair."""
        self._timer.cancel()
        if self._plain is not None:
            self._plain.close()


class PlainSide(asyncio.Protocol):
    """Our end of the pair: what is written at the other end goes to the client."""

    def __init__(self, client: TlsConnection) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        """An answer, or output of a session."""
        self._client.encrypt(data)

    def eof_received(self) -> None:
        """The other end is closed, by all who had it; returns None, so that this end is closed too."""
        self._client.finish()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The same, when something that the client sent was left unread."""
        self._client.finish()

    def pause_writing(self) -> None:
        """The server or the process doesn't read what the client sent."""
        self._client.hold_client(True)

    def resume_writing(self) -> None:
        """It reads again."""
        self._client.hold_client(False)
