"""Bodies in and out: bounded JSON, archives of any size with back-pressure, chunks, Expect, HTTP/1.0."""

import asyncio
import hashlib
import resource
from pathlib import Path
from typing import Any

from tests.unit.server.http_client import doorway, encode_request

from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.table import Endpoint
from dockyard.server.docker.http.answers import Answer, JsonAnswer, StreamAnswer
from dockyard.server.docker.http.body import JSON_LIMIT_BYTES, read_whole

LOAD = "/images/load"


def only(handle: Any) -> dict[str, Any]:
    return {"endpoints": {"ImageLoad": Endpoint(handle)}}


async def test_a_chunked_body_streams_through_without_being_kept(tmp_path: Path) -> None:
    """128 MiB go through while the process grows by much less."""
    size_bytes, piece = 128 << 20, b"\x5a" * (1 << 20)
    seen: dict[str, Any] = {}

    async def load(call: Call) -> Answer:
        pieces = call.body_pieces()

        def read() -> None:
            digest, count = hashlib.sha256(), 0
            for part in pieces:
                digest.update(part)
                count += len(part)
            seen.update(digest=digest.hexdigest(), count=count)

        await asyncio.to_thread(read)
        return JsonAnswer("loaded")

    async with doorway(tmp_path / "s", None, **only(load)) as door:
        client = await door.connect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/x-tar"}
        await client.send(encode_request("POST", LOAD, headers=headers))
        for _ in range(size_bytes // len(piece)):
            await client.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        await client.send(b"0\r\n\r\n")
        assert (await client.reply()).json == "loaded"
        grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    assert seen == {"digest": hashlib.sha256(piece * (size_bytes // len(piece))).hexdigest(), "count": size_bytes}
    assert grown_bytes < 32 << 20


async def test_a_client_that_breaks_off_is_an_error_for_the_reader(tmp_path: Path) -> None:
    failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def load(call: Call) -> Answer:
        pieces = call.body_pieces()
        try:
            await asyncio.to_thread(list, pieces)
        except BaseException as error:
            failed.set_result(error)
            raise
        return JsonAnswer("never")

    async with doorway(tmp_path / "s", None, **only(load)) as door:
        client = await door.connect()
        await client.send(encode_request("POST", LOAD, headers={"Content-Length": "1000"}) + b"half")
        await asyncio.sleep(0.05)
        client.close()
        assert isinstance(await asyncio.wait_for(failed, 5), Exception)


async def test_expect_continue(tmp_path: Path) -> None:
    async def load(call: Call) -> Answer:
        return JsonAnswer((await read_whole(call.request)).decode())

    async with doorway(tmp_path / "s", None, **only(load)) as door:
        client = await door.connect()
        await client.send(encode_request("POST", LOAD, headers={"Content-Length": "4", "Expect": "100-continue"}))
        assert (await client.head()).status == 100
        await client.send(b"body")
        assert (await client.reply()).json == "body"


async def test_json_bodies_are_bounded(tmp_path: Path) -> None:
    async def load(call: Call) -> Answer:
        return JsonAnswer(len(await read_whole(call.request)))

    async with doorway(tmp_path / "s", None, **only(load)) as door:
        reply = await door.request("POST", LOAD, b" " * (JSON_LIMIT_BYTES + 1))
        assert reply.status == 400
        assert "too large" in reply.json["message"]


async def test_an_answer_to_http_1_0_ends_with_the_connection(tmp_path: Path) -> None:
    async def pieces() -> Any:
        yield b"one"
        yield b"two"

    async def load(_: Call) -> Answer:
        return StreamAnswer(pieces())

    async with doorway(tmp_path / "s", None, **only(load)) as door:
        client = await door.connect()
        await client.send(b"POST /images/load HTTP/1.0\r\n\r\n")
        assert "transfer-encoding" not in (await client.head()).headers
        assert await client.reader.read() == b"onetwo"


async def test_a_large_registry_header_passes(tmp_path: Path) -> None:
    async def load(call: Call) -> Answer:
        return JsonAnswer(len(call.header("x-registry-config")))

    async with doorway(tmp_path / "s", None, **only(load)) as door:
        assert (await door.request("POST", LOAD, headers={"X-Registry-Config": "a" * 500_000})).json == 500_000
