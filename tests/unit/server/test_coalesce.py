"""Pieces that are ready go out together; none waits for one that isn't; the source is always closed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from dockyard.server.docker.http.coalesce import coalesce


async def test_what_is_ready_is_joined() -> None:
    async def source() -> AsyncIterator[bytes]:
        for number in range(1000):
            yield b"%d," % number

    pieces = [piece async for piece in coalesce(source(), target_bytes=1000)]
    assert b"".join(pieces) == b"".join(b"%d," % number for number in range(1000))
    assert all(1000 <= len(piece) < 1010 for piece in pieces[:-1])


async def test_nothing_waits_for_what_is_not_ready() -> None:
    gate = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"
        await gate.wait()
        yield b"c"
        await asyncio.sleep(0)
        yield b"d"

    pieces = coalesce(source())
    assert await anext(pieces) == b"ab"
    asyncio.get_running_loop().call_later(0.01, gate.set)
    assert await anext(pieces) == b"c"
    assert await anext(pieces) == b"d"
    with pytest.raises(StopAsyncIteration):
        await anext(pieces)


async def test_errors_come_through_after_what_was_ready() -> None:
    async def source() -> AsyncIterator[bytes]:
        await asyncio.sleep(0)
        yield b"a"
        await asyncio.sleep(0)
        raise ValueError("broken")

    pieces = coalesce(source())
    assert await anext(pieces) == b"a"
    with pytest.raises(ValueError, match="broken"):
        await anext(pieces)


@pytest.mark.parametrize("waiting", [True, False])
async def test_closing_closes_the_source(waiting: bool) -> None:
    closed: list[str] = []

    async def source() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            await asyncio.Event().wait()
            yield b"b"
        finally:
            await asyncio.sleep(0)
            closed.append("closed")

    pieces = coalesce(source())
    assert await anext(pieces) == b"a"  # the source is suspended in its wait now
    if waiting:
        task = asyncio.ensure_future(anext(pieces))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await pieces.aclose()  # type: ignore[attr-defined]
    assert closed == ["closed"]


async def test_a_timeout_inside_the_source_still_works() -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"a"
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            yield b"late"

    assert [piece async for piece in coalesce(source())] == [b"a", b"late"]
