"""A connection that leaves HTTP: the head byte for byte, early bytes, half-close, and that the daemon steps out."""

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.unit.server.http_client import doorway, encode_request

from dockyard.api.media_types import MULTIPLEXED_STREAM, RAW_STREAM
from dockyard.errors import NotFound
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.table import Endpoint
from dockyard.server.docker.http.answers import Answer, HijackAnswer, Hijacked, JsonAnswer

ATTACH = "/v1.47/containers/x/attach?stream=1"
UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp"}


class Taker:
    """Receives hijacked sockets, as the engine does."""

    def __init__(self) -> None:
        self.taken: asyncio.Queue[tuple[socket.socket, bytes]] = asyncio.Queue()
        self.body: Any = None

    async def attach(self, call: Call) -> Answer:
        return HijackAnswer(MULTIPLEXED_STREAM, self.receive)

    async def start(self, call: Call) -> Answer:
        self.body = await call.request.read()
        return HijackAnswer(RAW_STREAM, self.receive)

    async def receive(self, hijacked: Hijacked) -> None:
        await self.taken.put((socket.socket(fileno=hijacked.fd), hijacked.early))

    def door(self, path: Path) -> Any:
        return doorway(
            path,
            None,
            endpoints={
                "ContainerAttach": Endpoint(self.attach, waits=True),
                "ExecStart": Endpoint(self.start, waits=True),
            },
        )


async def talk(sock: socket.socket, expected: bytes, answer: bytes) -> None:
    """Reads `expected`, then the end of the client's side, answers, and ends the session."""
    loop = asyncio.get_running_loop()
    received = b""
    while piece := await asyncio.wait_for(loop.sock_recv(sock, 65536), 5):
        received += piece
    assert received == expected
    await loop.sock_sendall(sock, answer)
    sock.close()


async def test_upgrade_then_bytes_then_half_close(tmp_path: Path) -> None:
    taker = Taker()
    async with taker.door(tmp_path / "s") as door:
        client = await door.connect()
        await client.send(encode_request("POST", ATTACH, headers=UPGRADE))
        raw = await client.reader.readuntil(b"\r\n\r\n")
        assert raw.startswith(
            b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n"
            b"Connection: Upgrade\r\nUpgrade: tcp\r\n"
        )
        sock, early = await taker.taken.get()
        assert early == b""
        client.writer.write(b"stdin" * 100_000)  # more than the socket's buffer holds
        client.writer.write_eof()
        await talk(sock, b"stdin" * 100_000, b"output after the client closed its side")
        assert await client.reader.read() == b"output after the client closed its side"


async def test_without_upgrade_the_answer_is_a_raw_stream(tmp_path: Path) -> None:
    taker = Taker()
    async with taker.door(tmp_path / "s") as door:
        client = await door.connect()
        await client.send(encode_request("POST", ATTACH))
        head = await client.head()
        assert (head.status, head.headers["content-type"]) == (200, RAW_STREAM)
        assert "transfer-encoding" not in head.headers
        assert "content-length" not in head.headers
        sock, _ = await taker.taken.get()
        client.writer.write_eof()
        await talk(sock, b"", b"bytes")
        assert await client.reader.read() == b"bytes"


@pytest.mark.parametrize("headers", [UPGRADE, {}], ids=["upgrade", "raw"])
async def test_bytes_sent_right_behind_the_request_are_not_lost(tmp_path: Path, headers: dict[str, str]) -> None:
    taker = Taker()
    async with taker.door(tmp_path / "s") as door:
        client = await door.connect()
        await client.send(encode_request("POST", ATTACH, headers=headers) + b"GET /early HTTP/1.1\r\n\r\n")
        await client.head()
        sock, early = await taker.taken.get()
        client.writer.write_eof()
        await talk(sock, b"" if early else b"GET /early HTTP/1.1\r\n\r\n", b"")
        assert early in (b"", b"GET /early HTTP/1.1\r\n\r\n")


async def test_exec_start_has_a_body_before_the_stream(tmp_path: Path) -> None:
    taker = Taker()
    async with taker.door(tmp_path / "s") as door:
        client = await door.connect()
        request = encode_request("POST", "/exec/x/start", {"Detach": False, "Tty": True}, UPGRADE)
        await client.send(request + b"early")
        head = await client.head()
        assert (head.status, head.headers["content-type"]) == (101, RAW_STREAM)
        sock, early = await taker.taken.get()
        assert early == b"early"
        assert taker.body == b'{"Detach": false, "Tty": true}'
        client.writer.write_eof()
        await talk(sock, b"", b"done")
        assert await client.reader.read() == b"done"


CHUNKED = {**UPGRADE, "Transfer-Encoding": "chunked", "Content-Type": "application/json"}
REQUESTS = {
    "attach": encode_request("POST", ATTACH, headers=UPGRADE),
    "attach without upgrade": encode_request("POST", ATTACH),
    "exec": encode_request("POST", "/exec/x/start", {"Tty": True}, UPGRADE),
    "exec without upgrade": encode_request("POST", "/exec/x/start", {"Tty": True}),
    "chunked": encode_request("POST", "/exec/x/start", headers=CHUNKED)
    + b'5;a=b\r\n{"Tty\r\n9\r\n": true}\n\r\n0\r\nTrailer: x\r\n\r\n',
}


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("piece", [1, 7, 30], ids=lambda size: f"pieces of {size}")
async def test_early_bytes_behind_a_request_that_comes_in_pieces(tmp_path: Path, name: str, piece: int) -> None:
    """Two reads for a head are what a slow network or a client that writes head and body apart makes of it."""
    taker = Taker()
    early = b"ls -l\nPOST /exec/x/start HTTP/1.1\r\n\r\n"
    whole = REQUESTS[name] + early
    async with taker.door(tmp_path / "s") as door:
        client = await door.connect()
        for start in range(0, len(whole) - piece - len(early), piece):
            await client.send(whole[start : start + piece])
            await asyncio.sleep(0)
        await client.send(whole[start + piece :])  # the last piece of the request, and the early bytes, in one
        await client.head()
        sock, taken = await taker.taken.get()
        client.writer.write_eof()
        await talk(sock, early.removeprefix(taken), b"")
        assert early.startswith(taken)
        if name != "attach" and "attach" not in name:
            assert json.loads(taker.body) == {"Tty": True}


async def test_a_slow_request_that_is_refused_leaves_the_connection_usable(tmp_path: Path) -> None:
    async def refuse(_: Call) -> Answer:
        raise NotFound("No such exec instance: x")

    async def info(_: Call) -> Answer:
        return JsonAnswer("next")

    endpoints = {"ExecStart": Endpoint(refuse, waits=True), "SystemInfo": Endpoint(info)}
    async with doorway(tmp_path / "s", None, endpoints=endpoints) as door:
        client = await door.connect()
        for _ in range(2):
            request = encode_request("POST", "/exec/x/start", {"Tty": True})
            await client.send(request[:-3])  # the body's end comes after the answer
            assert (await client.reply()).status == 404
            await client.send(request[-3:] + encode_request("GET", "/info"))
            assert (await client.reply()).json == "next"


async def test_chunked_body_of_exec_start(tmp_path: Path) -> None:
    taker = Taker()
    async with taker.door(tmp_path / "s") as door:
        client = await door.connect()
        headers = {**UPGRADE, "Transfer-Encoding": "chunked", "Content-Type": "application/json"}
        await client.send(encode_request("POST", "/exec/x/start", headers=headers) + b"2\r\n{}\r\n0\r\n\r\n")
        assert (await client.head()).status == 101
        assert taker.body == b"{}"
        (await taker.taken.get())[0].close()


async def test_the_daemon_steps_out(tmp_path: Path) -> None:
    """After the hand-over the daemon has no descriptor of the session, and its end doesn't end the session."""
    taker = Taker()
    before = len(os.listdir("/proc/self/fd"))
    async with taker.door(tmp_path / "s") as door:
        client = await door.connect()
        await client.send(encode_request("POST", ATTACH, headers=UPGRADE))
        await client.head()
        sock, _ = await taker.taken.get()
        await asyncio.sleep(0.05)
        own = client.writer.get_extra_info("socket").fileno()
        ends = {f"socket:[{os.fstat(fd).st_ino}]" for fd in (own, sock.fileno())}
        assert [os.readlink(f"/proc/self/fd/{fd}") in ends for fd in (own, sock.fileno())] == [True, True]
        listener = 1
        assert len(os.listdir("/proc/self/fd")) == before + listener + 2
        reader, writer = client.reader, client.writer
        door._clients.clear()  # the client outlives this door
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, b"still here")
    sock.close()
    assert await reader.read() == b"still here"
    writer.close()


async def test_an_error_before_the_upgrade_is_an_ordinary_answer(tmp_path: Path) -> None:
    async def refuse(_: Call) -> Answer:
        raise NotFound("No such container: x")

    async def info(_: Call) -> Answer:
        return JsonAnswer("next")

    endpoints = {"ContainerAttach": Endpoint(refuse, waits=True), "SystemInfo": Endpoint(info)}
    async with doorway(tmp_path / "s", None, endpoints=endpoints) as door:
        client = await door.connect()
        # The next request comes in the same segment: held back as early bytes, released by the answer.
        await client.send(encode_request("POST", ATTACH, headers=UPGRADE) + encode_request("GET", "/info"))
        refused = await client.reply()
        assert (refused.status, refused.json) == (404, {"message": "No such container: x"})
        assert (await client.reply()).json == "next"
        # And the connection goes on.
        assert (await client.request("GET", "/info")).json == "next"


async def test_a_session_over_tcp_is_handed_over_too() -> None:
    from dockyard.server.docker.door import Door, DoorSettings
    from dockyard.server.docker.http.listen import open_listener
    from dockyard.server.docker.http.server import HttpServer

    taker = Taker()
    door = Door(None, DoorSettings("1", lambda: 1), {"ContainerAttach": Endpoint(taker.attach, waits=True)})  # type: ignore[arg-type]
    server = HttpServer(door)
    listener = open_listener("tcp://127.0.0.1:0")
    port = listener.getsockname()[1]
    await server.listen(listener)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(encode_request("POST", ATTACH, headers=UPGRADE))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 UPGRADED")
    sock, _ = await taker.taken.get()
    writer.write(b"in")
    writer.write_eof()
    await talk(sock, b"in", b"out")
    assert await reader.read() == b"out"
    writer.close()
    await server.close(1)
