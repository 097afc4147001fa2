"""The way of a request through the door: versions, errors, headers, what is missing, clients that go away."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.server.http_client import doorway, encode_request

from dockyard.api.routes import EXTENSIONS, ROUTES
from dockyard.errors import HTTP_STATUS, DockyardError, NotFound
from dockyard.server.docker.call import Call
from dockyard.server.docker.door import Door, DoorSettings
from dockyard.server.docker.endpoints.table import ENDPOINTS, Endpoint
from dockyard.server.docker.http import connection
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, JsonAnswer, StreamAnswer
from dockyard.server.docker.http.listen import open_listener
from dockyard.server.docker.http.server import HttpServer


def only(handle: Any, waits: bool = False) -> dict[str, dict[str, Endpoint]]:
    """Options of a doorway whose only operation is SystemInfo."""
    return {"endpoints": {"SystemInfo": Endpoint(handle, waits)}}


async def name_of_version(call: Call) -> Answer:
    return JsonAnswer({"version": call.version, "name": call.name, "query": call.query.text("x")})


async def test_ping(tmp_path: Path) -> None:
    async with doorway(tmp_path / "s", None) as door:
        reply = await door.request("GET", "/_ping")
        assert (reply.status, reply.body) == (200, b"OK")
        assert reply.headers["api-version"] == "1.55"
        assert reply.headers["ostype"] == "linux"
        assert reply.headers["docker-experimental"] == "false"
        assert reply.headers["builder-version"] == "2"
        assert reply.headers["swarm"] == "inactive"
        assert reply.headers["server"] == "Docker/1.2.3 (linux)"
        assert reply.headers["cache-control"] == "no-cache, no-store, must-revalidate"
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
        head = await door.request("HEAD", "/_ping")
        assert (head.status, head.headers["content-length"]) == (200, "0")
        assert head.headers["api-version"] == "1.55"


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/info", [1, 55]), ("/v1.55/info", [1, 55]), ("/v1.24/info", [1, 24]), ("/v1.47.0/info", [1, 47])],
)
async def test_versions_in_range(tmp_path: Path, target: str, expected: list[int]) -> None:
    async with doorway(tmp_path / "s", None, **only(name_of_version)) as door:
        assert (await door.request("GET", target)).json["version"] == expected


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("1.56", "client version 1.56 is too new. Maximum supported API version is 1.55"),
        ("2.0", "client version 2.0 is too new. Maximum supported API version is 1.55"),
    ],
)
async def test_version_too_new(tmp_path: Path, version: str, message: str) -> None:
    async with doorway(tmp_path / "s", None, **only(name_of_version)) as door:
        reply = await door.request("GET", f"/v{version}/info")
        assert (reply.status, reply.json) == (400, {"message": message})


async def test_version_too_old_is_told_in_text(tmp_path: Path) -> None:
    async with doorway(tmp_path / "s", None, **only(name_of_version)) as door:
        reply = await door.request("GET", "/v1.23/info")
        assert reply.status == 400
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
        assert reply.body == (
            b"client version 1.23 is too old. Minimum supported API version is 1.24, "
            b"please upgrade your client to a newer version\n"
        )


@pytest.mark.parametrize("target", ["/nosuch", "/v1.47/nosuch", "/v9.99/nosuch", "/containers/x/nosuch"])
async def test_unknown_page(tmp_path: Path, target: str) -> None:
    async with doorway(tmp_path / "s", None) as door:
        reply = await door.request("GET", target)
        assert (reply.status, reply.json) == (404, {"message": "page not found"})
        assert reply.headers["content-type"] == "application/json"


async def test_every_operation_that_is_not_there_yet_says_its_name(tmp_path: Path) -> None:
    missing = [route for route in ROUTES if route[2] not in ENDPOINTS]
    assert len(missing) + len(ENDPOINTS) == len(ROUTES) + len(EXTENSIONS)
    async with doorway(tmp_path / "s", None) as door:
        client = await door.connect()
        for method, template, operation in missing:
            target = template.replace("{id}", "x").replace("{name}", "x")
            reply = await client.request(method, target)
            assert reply.status == 501
            if method == "HEAD":
                continue
            assert reply.json["message"] == f"{operation} ({method} {template}) is not implemented by Dockyard yet"


@pytest.mark.parametrize("kind", HTTP_STATUS, ids=lambda kind: kind.__name__)
async def test_every_error_has_its_status(tmp_path: Path, kind: type[DockyardError]) -> None:
    async def fail(_: Call) -> Answer:
        raise kind("what went wrong")

    async with doorway(tmp_path / "s", None, **only(fail)) as door:
        reply = await door.request("GET", "/info")
        assert reply.status == HTTP_STATUS[kind]
        if kind.__name__ == "NotModified":
            assert reply.body == b""
        else:
            assert reply.json == {"message": "what went wrong"}


async def test_an_unclassified_error_is_logged_with_its_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: Call) -> Answer:
        raise KeyError("gone")

    async with doorway(tmp_path / "s", None, **only(fail)) as door:
        reply = await door.request("GET", "/info")
    assert reply.status == 500
    assert "KeyError" in reply.json["message"]
    assert "Traceback" in caplog.text


async def test_a_waiting_handler_is_cancelled_when_its_client_goes(tmp_path: Path) -> None:
    waiting, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(_: Call) -> Answer:
        waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return EmptyAnswer()

    async with doorway(tmp_path / "s", None, **only(wait, waits=True)) as door:
        client = await door.connect()
        await client.send(encode_request("GET", "/info"))
        await asyncio.wait_for(waiting.wait(), 5)
        client.close()
        await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_changing_handler_goes_on_when_its_client_goes(tmp_path: Path) -> None:
    started, may_go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def change(_: Call) -> Answer:
        started.set()
        await may_go_on.wait()
        finished.set()
        return EmptyAnswer()

    async with doorway(tmp_path / "s", None, **only(change)) as door:
        client = await door.connect()
        await client.send(encode_request("GET", "/info"))
        await asyncio.wait_for(started.wait(), 5)
        client.close()
        await client.writer.wait_closed()
        await asyncio.sleep(0)
        may_go_on.set()
        await asyncio.wait_for(finished.wait(), 5)


async def test_a_stream_is_closed_when_its_client_goes(tmp_path: Path) -> None:
    closed = asyncio.Event()

    async def pieces() -> Any:
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def stream(_: Call) -> Answer:
        return StreamAnswer(pieces(), immediate=True)

    async with doorway(tmp_path / "s", None, **only(stream, waits=True)) as door:
        client = await door.connect()
        await client.send(encode_request("GET", "/info"))
        assert (await client.head()).status == 200
        assert await client.chunk() == b"first"
        client.close()
        await asyncio.wait_for(closed.wait(), 5)


async def test_a_half_closed_client_gets_its_answer(tmp_path: Path) -> None:
    async def slow(_: Call) -> Answer:
        await asyncio.sleep(0.05)
        return JsonAnswer({"here": True})

    for waits in (True, False):
        async with doorway(tmp_path / "s", None, **only(slow, waits)) as door:
            client = await door.connect()
            await client.send(encode_request("GET", "/info"))
            client.writer.write_eof()
            assert (await client.reply()).json == {"here": True}
            assert await client.reader.read() == b""


async def test_an_error_before_the_first_piece_has_its_status(tmp_path: Path) -> None:
    async def pieces() -> Any:
        raise NotFound("no such thing")
        yield b""

    async def stream(_: Call) -> Answer:
        return StreamAnswer(pieces())

    async with doorway(tmp_path / "s", None, **only(stream, waits=True)) as door:
        reply = await door.request("GET", "/info")
        assert (reply.status, reply.json) == (404, {"message": "no such thing"})


async def test_an_error_within_a_stream_is_told_or_the_stream_is_cut(tmp_path: Path) -> None:
    async def pieces() -> Any:
        yield b"half"
        raise NotFound("the rest")

    async def told(_: Call) -> Answer:
        return StreamAnswer(pieces(), epilogue=lambda error: f"[{error}]".encode())

    async def cut(_: Call) -> Answer:
        return StreamAnswer(pieces())

    async with doorway(tmp_path / "s", None, **only(told, waits=True)) as door:
        assert (await door.request("GET", "/info")).body == b"half[the rest]"
    async with doorway(tmp_path / "s", None, **only(cut, waits=True)) as door:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await door.request("GET", "/info")


async def test_options_are_fine_everywhere(tmp_path: Path) -> None:
    async with doorway(tmp_path / "s", None) as door:
        assert (await door.request("OPTIONS", "/containers/json")).status == 200


async def test_garbage_is_refused_and_the_door_stays_open(tmp_path: Path) -> None:
    async with doorway(tmp_path / "s", None) as door:
        client = await door.connect()
        await client.send(b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n")
        assert (await client.head()).status == 400
        assert (await door.request("GET", "/_ping")).body == b"OK"


@pytest.mark.parametrize("body", [b"Content-Length: 10\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n5\r\nha"])
async def test_a_body_that_never_ends_is_not_waited_for(tmp_path: Path, body: bytes) -> None:
    ended: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    async def read(call: Call) -> Answer:
        try:
            await call.request.content.read()
        except BaseException as error:
            ended.set_result(error)
            raise
        ended.set_result(None)
        return EmptyAnswer()

    async with doorway(tmp_path / "s", None, endpoints={"ImageLoad": Endpoint(read)}) as door:
        client = await door.connect()
        await client.send(b"POST /images/load HTTP/1.1\r\nHost: d\r\n" + body)
        client.writer.write_eof()
        assert await asyncio.wait_for(client.reader.read(), 5) == b""
        assert await asyncio.wait_for(ended, 5) is not None


async def test_a_half_closed_tcp_client_gets_its_answer_and_is_not_kept_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cancelled = asyncio.Event()

    async def handle(call: Call) -> Answer:
        if call.query.flag("for-ever"):
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
        await asyncio.sleep(0.05)
        return JsonAnswer("answer")

    monkeypatch.setattr(connection, "HALF_CLOSED_SECONDS", 0.2)
    server = HttpServer(Door(None, DoorSettings("1", lambda: 0), {"SystemInfo": Endpoint(handle, waits=True)}))  # type: ignore[arg-type]
    listener = open_listener("tcp://127.0.0.1:0")
    port = listener.getsockname()[1]
    await server.listen(listener)
    for target, answered in (("/info", True), ("/info?for-ever=1", False)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(encode_request("GET", target))
        writer.write_eof()
        assert (b'"answer"' in await asyncio.wait_for(reader.read(), 5)) is answered
        writer.close()
    assert cancelled.is_set()
    await server.close(1)
