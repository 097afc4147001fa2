"""TLS in front of the door: handshakes, half-close both ways, back-pressure, clients that go away."""

import asyncio
import random
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.support.certificates import OPENSSL, Certificates, Pair, make_certificates

from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.door import Door, DoorSettings
from dockyard.server.docker.endpoints.table import Endpoint
from dockyard.server.docker.http import tls
from dockyard.server.docker.http.answers import Answer, HijackAnswer, Hijacked
from dockyard.server.docker.http.listen import open_listener
from dockyard.server.docker.http.server import HttpServer
from dockyard.wire.tls_client import client_context

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs openssl")

PING = b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n"
ATTACH = b"POST /containers/x/attach?stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


class Client:
    """A TLS client that can close one direction, as Go's can and Python's sockets can't. Blocking: for threads."""

    def __init__(self, port: int, certificates: Certificates, pair: Pair | None, **limits: Any) -> None:
        context = client_context(str(certificates.authority))
        if pair is not None:
            context.load_cert_chain(*pair)
        for name, value in limits.items():
            setattr(context, name, value)
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self._until_done(self.tls.do_handshake)

    def _until_done(self, step: Any) -> Any:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self.flush()
                data = self.socket.recv(65536)
                if not data:
                    raise ConnectionResetError("closed without close_notify") from None
                self.incoming.write(data)
                continue
            self.flush()
            return result

    def flush(self) -> None:
        if data := self.outgoing.read():
            self.socket.sendall(data)

    def send(self, data: bytes) -> None:
        self.tls.write(data)
        self.flush()

    def close_writing(self) -> None:
        """Says close_notify, and goes on reading."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            self.flush()

    def read_until(self, end: bytes) -> bytes:
        data = b""
        while not data.endswith(end):
            data += self._until_done(lambda: self.tls.read(65536))
        return data

    def read_all(self) -> bytes:
        """Everything up to the server's close_notify."""
        pieces = []
        while True:
            try:
                piece = self._until_done(lambda: self.tls.read(65536))
            except (ssl.SSLZeroReturnError, ssl.SSLSyscallError):
                piece = b""
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)


class Session:
    """Takes hijacked sockets."""

    def __init__(self) -> None:
        self.taken: asyncio.Queue[tuple[socket.socket, bytes]] = asyncio.Queue()

    async def attach(self, call: Call) -> Answer:
        return HijackAnswer("application/vnd.docker.raw-stream", self.receive)

    async def receive(self, hijacked: Hijacked) -> None:
        await self.taken.put((socket.socket(fileno=hijacked.fd), hijacked.early))


@asynccontextmanager
async def secured(certificates: Certificates, verify: bool, session: Session | None = None) -> AsyncIterator[int]:
    authority = str(certificates.authority) if verify else None
    files = tls.Tls(*map(str, certificates.server), authority)
    listener = open_listener("tcp://127.0.0.1:0")
    port: int = listener.getsockname()[1]
    settings, engine = DoorSettings("1", lambda: 0), None
    if session is None:
        door = Door(engine, settings)  # type: ignore[arg-type]
    else:
        door = Door(engine, settings, {"ContainerAttach": Endpoint(session.attach, waits=True)})  # type: ignore[arg-type]
    server = HttpServer(door)
    await server.listen(listener, tls=files)
    try:
        yield port
    finally:
        await server.close(1)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_requests_on_one_connection(certificates: Certificates, version: ssl.TLSVersion) -> None:
    def talk(port: int) -> bytes:
        client = Client(port, certificates, certificates.client, maximum_version=version)
        client.send(PING)
        first = client.read_until(b"\r\n\r\nOK")
        client.send(PING)
        return first + client.read_until(b"\r\n\r\nOK")

    async with secured(certificates, verify=True) as port:
        assert (await asyncio.to_thread(talk, port)).count(b"HTTP/1.1 200 OK") == 2


async def test_answers_do_not_wait_for_acknowledgements(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def connection_made(self: tls.TlsConnection, transport: asyncio.Transport) -> None:
        made.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        original(self, transport)

    original = tls.TlsConnection.connection_made
    monkeypatch.setattr(tls.TlsConnection, "connection_made", connection_made)
    async with secured(certificates, verify=False) as port:
        await asyncio.to_thread(Client, port, certificates, None)
    assert made == [1]  # with Nagle's algorithm the first answer takes 40 ms


async def test_without_verify_no_certificate_is_asked_for(certificates: Certificates) -> None:
    def talk(port: int) -> bytes:
        client = Client(port, certificates, None)
        client.send(PING)
        return client.read_until(b"\r\n\r\nOK")

    async with secured(certificates, verify=False) as port:
        assert await asyncio.to_thread(talk, port)


@pytest.mark.parametrize("who", ["nobody", "stranger"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_that_the_authority_does_not_know_is_refused(
    certificates: Certificates, who: str, version: ssl.TLSVersion
) -> None:
    def talk(port: int) -> None:
        pair = certificates.stranger if who == "stranger" else None
        client = Client(port, certificates, pair, maximum_version=version)
        client.send(PING)
        client.read_until(b"OK")

    async with secured(certificates, verify=True) as port:
        with pytest.raises((ssl.SSLError, ConnectionResetError), match=r"certificate|unknown ca|closed|reset|alert"):
            await asyncio.to_thread(talk, port)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_old_versions_are_refused(certificates: Certificates) -> None:
    def talk(port: int) -> None:
        limits = {"maximum_version": ssl.TLSVersion.TLSv1_1, "minimum_version": ssl.TLSVersion.TLSv1}
        Client(port, certificates, certificates.client, **limits)

    async with secured(certificates, verify=True) as port:
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            await asyncio.to_thread(talk, port)


async def test_plain_http_is_told_so(certificates: Certificates) -> None:
    async with secured(certificates, verify=True) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PING)
        answer = await asyncio.wait_for(reader.read(), 5)
        assert b"400 Bad Request" in answer
        assert b"Client sent an HTTP request to an HTTPS server." in answer
        writer.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_output_after_the_end_of_input_arrives(certificates: Certificates, version: ssl.TLSVersion) -> None:
    session = Session()

    def talk(port: int) -> bytes:
        client = Client(port, certificates, certificates.client, maximum_version=version)
        client.send(ATTACH + b"early ")
        head = client.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
        client.send(b"input")
        client.close_writing()
        return client.read_all()

    async with secured(certificates, True, session) as port:
        talking = asyncio.create_task(asyncio.to_thread(talk, port))
        taken, early = await asyncio.wait_for(session.taken.get(), 5)
        loop = asyncio.get_running_loop()
        heard = early
        while piece := await asyncio.wait_for(loop.sock_recv(taken, 65536), 5):
            heard += piece
        assert heard == b"early input"
        await loop.sock_sendall(taken, b"x" * 3_000_000 + b"after the end")
        taken.close()
        said = await asyncio.wait_for(talking, 10)
        assert len(said) == 3_000_013
        assert said.endswith(b"after the end")


async def test_a_client_that_does_not_read_stops_the_session(certificates: Certificates) -> None:
    session = Session()

    def begin(port: int) -> Client:
        client = Client(port, certificates, certificates.client)
        client.send(ATTACH)
        client.read_until(b"\r\n\r\n")
        return client

    async with secured(certificates, True, session) as port:
        client = await asyncio.to_thread(begin, port)
        taken, _ = await asyncio.wait_for(session.taken.get(), 5)
        loop = asyncio.get_running_loop()
        size = 64 << 20
        sending = asyncio.create_task(loop.sock_sendall(taken, bytes(size)))
        done, _ = await asyncio.wait([sending], timeout=0.7)
        assert not done  # 64 MiB are more than the kernel takes: the rest isn't in our memory
        reading = asyncio.create_task(asyncio.to_thread(client.read_all))
        await asyncio.wait_for(sending, 30)
        taken.close()
        assert len(await asyncio.wait_for(reading, 30)) == size


async def test_a_client_that_is_gone_ends_the_session(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "HALF_CLOSED_SECONDS", 0.2)
    session = Session()

    def vanish(port: int) -> None:
        client = Client(port, certificates, certificates.client)
        client.send(ATTACH)
        client.read_until(b"\r\n\r\n")
        client.socket.close()

    async with secured(certificates, True, session) as port:
        await asyncio.to_thread(vanish, port)
        taken, _ = await asyncio.wait_for(session.taken.get(), 5)
        loop = asyncio.get_running_loop()
        assert await asyncio.wait_for(loop.sock_recv(taken, 100), 5) == b""
        with pytest.raises(OSError):
            for _ in range(200):
                await loop.sock_sendall(taken, b"nobody hears this")
                await asyncio.sleep(0.02)
        taken.close()


async def test_a_handshake_may_not_take_for_ever(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "HANDSHAKE_SECONDS", 0.1)
    async with secured(certificates, verify=True) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_renewed_certificates_are_for_clients_that_come(tmp_path: Path) -> None:
    old, new = make_certificates(_made(tmp_path / "old")), make_certificates(_made(tmp_path / "new"))

    def greet(port: int, certificates: Certificates) -> Client:
        client = Client(port, certificates, certificates.client)
        client.send(PING)
        client.read_until(b"OK")
        return client

    files = tls.Tls(*map(str, old.server), str(old.authority))
    server = HttpServer(Door(None, DoorSettings("1", lambda: 0)))  # type: ignore[arg-type]
    listener = open_listener("tcp://127.0.0.1:0")
    port = listener.getsockname()[1]
    await server.listen(listener, tls=files)
    kept = await asyncio.to_thread(greet, port, old)
    good = old.server.certificate.read_bytes()
    old.server.certificate.write_text("half a file")
    with pytest.raises(InvalidParameter):
        files.read_again()
    old.server.certificate.write_bytes(good)
    await asyncio.to_thread(greet, port, old)
    for path, renewed in zip((*old.server, old.authority), (*new.server, new.authority), strict=True):
        path.write_bytes(renewed.read_bytes())
    files.read_again()
    await asyncio.to_thread(greet, port, new)
    kept.send(PING)  # a connection that exists goes on
    assert await asyncio.to_thread(kept.read_until, b"OK")
    await server.close(1)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("seed", range(5))
async def test_garbage_ends_that_connection_alone(certificates: Certificates, seed: int) -> None:
    noise = random.Random(seed)
    async with secured(certificates, verify=True) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        record = b"\x16\x03\x01\x02\x00" if seed % 2 else b""
        writer.write(record + noise.randbytes(5000))
        await asyncio.wait_for(reader.read(), 5)
        writer.close()

        def greet() -> bytes:
            client = Client(port, certificates, certificates.client)
            client.send(PING)
            return client.read_until(b"OK")

        assert await asyncio.to_thread(greet)


@pytest.mark.parametrize("broken", ["certificate", "key", "authority"])
def test_files_that_do_not_fit_are_named(certificates: Certificates, tmp_path: Path, broken: str) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nonsense")
    files = {
        "certificate": str(certificates.server.certificate),
        "key": str(certificates.server.key),
        "authority": str(certificates.authority),
    }
    with pytest.raises(InvalidParameter, match="invalid TLS configuration"):
        tls.tls_context(**{**files, broken: str(wrong)})
    with pytest.raises(InvalidParameter, match="invalid TLS configuration"):
        tls.tls_context(**{**files, broken: str(tmp_path / "nosuch.pem")})
