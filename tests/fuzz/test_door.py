"""Bytes that aren't HTTP, or almost: the door refuses them, goes on answering others, and logs no error of its own."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dockyard.server.docker.call import Call
from dockyard.server.docker.door import Door, DoorSettings
from dockyard.server.docker.endpoints.table import ENDPOINTS, Endpoint
from dockyard.server.docker.http.answers import Answer, HijackAnswer, Hijacked, JsonAnswer
from dockyard.server.docker.http.body import read_whole
from dockyard.server.docker.http.listen import open_listener
from dockyard.server.docker.http.server import HttpServer


async def echo(call: Call) -> Answer:
    return JsonAnswer(len(await read_whole(call.request)))


async def take(_: Call) -> Answer:
    async def receive(hijacked: Hijacked) -> None:
        socket.socket(fileno=hijacked.fd).close()

    return HijackAnswer("application/vnd.docker.raw-stream", receive)


TABLE = {
    "SystemPing": ENDPOINTS["SystemPing"],
    "ImageLoad": Endpoint(echo),
    "ContainerAttach": Endpoint(take, waits=True),
    "ExecStart": Endpoint(take),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A door with its own event loop in a thread; its socket."""
    place = tmp_path_factory.mktemp("door") / "s"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def serve() -> HttpServer:
        server = HttpServer(Door(None, DoorSettings("1", lambda: 0), TABLE))  # type: ignore[arg-type]
        await server.listen(open_listener(f"unix://{place}"))
        return server

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
    yield place
    asyncio.run_coroutine_threadsafe(server.close(1), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


PIECES = st.sampled_from(
    [
        b"GET /_ping HTTP/1.1\r\n", b"POST /images/load HTTP/1.1\r\n", b"POST /containers/x/attach HTTP/1.1\r\n",
        b"POST /exec/x/start HTTP/1.1\r\n", b"HEAD /_ping HTTP/1.0\r\n", b"GET http://d/v1.47/_ping HTTP/1.1\r\n",
        b"Host: d\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Upgrade: tcp\r\nConnection: Upgrade\r\n", b"Upgrade: websocket\r\n",
        b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"hello", b"\0", b"\xff\xfe", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01", b" ", b":", b"%zz",
        b"A" * 9000,
    ]
)  # fmt: skip
TRAFFIC = st.lists(PIECES | st.binary(max_size=20), max_size=12).map(b"".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TRAFFIC, st.booleans())
@example(b"POST /containers/x/attach HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe", True)
@example(b"POST /images/load HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", True)
def test_any_traffic(path: Path, caplog: pytest.LogCaptureFixture, traffic: bytes, half_close: bool) -> None:
    caplog.clear()
    caplog.set_level(logging.WARNING)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(path))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.sendall(traffic)
            if half_close:
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
    with socket.socket(socket.AF_UNIX) as another:
        another.settimeout(5)
        another.connect(str(path))
        another.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n")
        assert another.recv(65536).startswith(b"HTTP/1.1 200 OK")
    assert [record.getMessage() for record in caplog.records] == []
