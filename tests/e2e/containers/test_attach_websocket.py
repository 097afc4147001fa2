"""`GET /containers/{id}/attach/ws`, by the client of aiohttp."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from tests.support.client import Docker

SECONDS = 20.0


@asynccontextmanager
async def websocket(
    docker: Docker, container: str, query: str, version: str = "/v1.45"
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A websocket to the container's streams."""
    connector = aiohttp.UnixConnector(docker.socket)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(f"http://docker{version}/containers/{container}/attach/ws?{query}") as found,
    ):
        yield found


async def until(connection: aiohttp.ClientWebSocketResponse, text: bytes) -> bytes:
    """What comes until `text` is among it."""
    found = b""
    async with asyncio.timeout(SECONDS):
        while text not in found:
            message = await connection.receive()
            assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), (message, found)
            found += message.data if isinstance(message.data, bytes) else message.data.encode()
    return found


async def until_closed(connection: aiohttp.ClientWebSocketResponse) -> bytes:
    """All that comes until the other end closes."""
    async with asyncio.timeout(SECONDS):
        return b"".join([message.data async for message in connection])


async def test_both_ways(docker: Docker) -> None:
    container = docker("run", "-di", "busybox", "sh", "-c", "while read l; do echo got $l; echo err >&2; done")
    async with websocket(docker, container, "stream=1&stdin=1&stdout=1&stderr=1") as connection:
        await connection.send_str("one\n")
        assert await until(connection, b"err\n") == b"got one\nerr\n"  # without frames
        await connection.send_bytes(b"two\n")
        assert b"got two\n" in await until(connection, b"err\n")
    assert docker.field(container, "{{.State.Running}}") == "true"
    async with websocket(docker, container, "stream=1&stdout=1&logs=1") as connection:
        assert b"got two\n" in await until(connection, b"got two\n")
        await asyncio.to_thread(docker, "kill", container)
        await until_closed(connection)
        assert connection.closed
    docker("rm", container)


async def test_from_the_start_to_the_end(docker: Docker, leak_check: None) -> None:
    container = docker("create", "busybox", "sh", "-c", "seq 20000; exit 3")
    async with websocket(docker, container, "stream=1&stdout=1") as connection:
        await asyncio.to_thread(docker, "start", container)
        assert await until_closed(connection) == b"".join(b"%d\n" % number for number in range(1, 20001))
    docker("rm", container)


async def test_a_terminal_and_its_detach_keys(docker: Docker) -> None:
    container = docker("run", "-dit", "busybox")
    query = "stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,x"
    async with websocket(docker, container, query) as connection:
        await connection.send_bytes(b"echo $((6*7))\n")
        await until(connection, b"\r\n42\r\n")
        await connection.send_bytes(b"\x01x")
        await until_closed(connection)
    assert docker.field(container, "{{.State.Running}}") == "true"


async def test_old_versions_have_every_stream_as_text(docker: Docker) -> None:
    container = docker("run", "-di", "busybox", "cat")
    async with websocket(docker, container, "stream=1", "/v1.24") as connection:
        await connection.send_str("text\n")
        message = await connection.receive(SECONDS)
    assert (message.type, message.data) == (aiohttp.WSMsgType.TEXT, "text\n")


@pytest.mark.parametrize(("name", "status"), [("nowhere", 404), ("", 400)])
async def test_refusals(docker: Docker, name: str, status: int) -> None:
    container = name or docker("create", "busybox")
    path = f"http://docker/v1.45/containers/{container}/attach/ws?stream=1&stdout=1"
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(docker.socket)) as session,
        session.get(path) as answer,
    ):
        assert answer.status == status
        assert "message" in await answer.json()
