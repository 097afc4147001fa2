"""Clients that stop in the middle of an archive keep nobody else waiting."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from tests.unit.server.http_client import doorway

from dockyard.engine.in_thread import run_in_own_thread
from dockyard.server.docker.call import Call
from dockyard.server.docker.endpoints.containers.queries import container_export
from dockyard.server.docker.endpoints.table import Endpoint
from dockyard.server.docker.http.answers import Answer, JsonAnswer

MORE_THAN_COMMON_THREADS = 40
"""asyncio has at most 32 of them."""


async def common_work(_: Call) -> Answer:
    return JsonAnswer(await asyncio.to_thread(lambda: "done"))


async def send(call: Call) -> Answer:
    pieces = call.body_pieces()
    return JsonAnswer(await run_in_own_thread(lambda: sum(map(len, pieces))))


async def test_readers(tmp_path: Path) -> None:
    closed: asyncio.Queue[None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def export(_: str) -> Iterator[bytes]:
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            loop.call_soon_threadsafe(closed.put_nowait, None)

    engine = SimpleNamespace(containers=SimpleNamespace(export=export))
    endpoints = {
        "ContainerExport": Endpoint(container_export, waits=True),
        "SystemInfo": Endpoint(common_work, waits=True),
    }
    async with doorway(tmp_path / "s", engine, endpoints=endpoints) as door:
        clients = [await door.connect() for _ in range(MORE_THAN_COMMON_THREADS)]
        for client in clients:
            client.writer.write(b"GET /containers/x/export HTTP/1.1\r\nHost: docker\r\n\r\n")
            assert (await client.head()).status == 200  # and nothing is read of what follows
        await asyncio.sleep(0.1)
        assert (await asyncio.wait_for(door.request("GET", "/info"), 5)).json == "done"
        for client in clients:
            client.writer.transport.abort()
        for _ in clients:
            await asyncio.wait_for(closed.get(), 10)


async def test_senders(tmp_path: Path) -> None:
    endpoints = {"ImageLoad": Endpoint(send, waits=True), "SystemInfo": Endpoint(common_work, waits=True)}
    async with doorway(tmp_path / "s", None, endpoints=endpoints) as door:
        clients = [await door.connect() for _ in range(MORE_THAN_COMMON_THREADS)]
        for client in clients:
            await client.send(b"POST /images/load HTTP/1.1\r\nHost: docker\r\nContent-Length: 9\r\n\r\nbegin")
        await asyncio.sleep(0.1)
        assert (await asyncio.wait_for(door.request("GET", "/info"), 5)).json == "done"
        await clients[0].send(b" end")
        assert (await clients[0].reply()).json == 9
