"""Fluentd's sink before receivers that say what nobody asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from dockyard.logdrivers.contract import Subject
from dockyard.logdrivers.fluentd.sink import FluentdSink
from dockyard.logdrivers.local_entries import Entry

ENTRIES = [Entry("stdout", 1, b"a")]
SUBJECT = Subject("c" * 64, "n", "sha256:i", "image", "sh", (), 1, "host", {}, ())
FLOOD = b"\x91" * 1_000_000  # beginnings of lists: never a whole answer


@asynccontextmanager
async def connected(path: Path, *, answer: bytes, request_ack: bool) -> AsyncIterator[FluentdSink]:
    """A sink at a receiver that says `answer` to each message; its acknowledgement, if that is empty."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            unpacked = msgspec.msgpack.decode(await reader.read(1 << 16))
            writer.write(answer or msgspec.msgpack.encode({"ack": unpacked[2]["chunk"]}))
            await writer.drain()
            await reader.read()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, path / "s")
    options = {"fluentd-address": f"unix://{path}/s", "fluentd-request-ack": str(request_ack).lower()}
    sink = FluentdSink(options, SUBJECT)
    try:
        await sink.open()
        yield sink
    finally:
        await sink.close()
        server.close()


async def test_an_acknowledgement(tmp_path: Path) -> None:
    async with connected(tmp_path, answer=b"", request_ack=True) as sink, asyncio.timeout(5):
        await sink.send(ENTRIES)
        assert sink.broken is not None and not sink.broken.is_set()


async def test_an_answer_without_end_breaks_the_connection(tmp_path: Path) -> None:
    async with connected(tmp_path, answer=FLOOD, request_ack=True) as sink:
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(5):
                await sink.send(ENTRIES)


async def test_a_flood_that_nobody_asked_for_breaks_the_connection(tmp_path: Path) -> None:
    async with connected(tmp_path, answer=FLOOD, request_ack=False) as sink, asyncio.timeout(5):
        try:
            await sink.send(ENTRIES)
        except ConnectionError:
            return
        assert sink.broken is not None
        await sink.broken.wait()
