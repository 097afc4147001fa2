"""The engine's side of visits (dockyard.supervisor.visit): asks for one, and moves its archive on the event loop."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dockyard.errors import SystemFailure
from dockyard.supervisor.channel import Channel, Message
from dockyard.supervisor.client import SupervisorClient
from dockyard.supervisor.visit.request import VisitRequest, to_json
from dockyard.supervisor.visit.task import OP

VISIT_SECONDS = 600.0
"""How long the mounts of a container may take; a visitor that hangs in a container's FUSE is given up after it."""

WRITE_SECONDS = 24 * 3600.0
PIECE = 1 << 18

DISCARD_BYTES = 4 << 20
DISCARD_SECONDS = 5.0
"""How much, and for how long, is taken in of an archive that was refused."""


@dataclass(frozen=True, slots=True)
class PathStatus:
    """What is at a path: st_mode of lstat(2), bytes, nanoseconds; `target` where a symbolic link leads in the end."""

    mode: int
    size: int
    mtime_ns: int
    target: str


@dataclass(frozen=True, slots=True)
class OpenArchive:
    """An archive on its way out; `close` must be called in the end, whether `pieces` were iterated or not."""

    status: PathStatus
    pieces: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


async def path_status(supervisor: SupervisorClient, request: VisitRequest) -> PathStatus:
    """What is at the path of `request`. NotFound, Conflict, SystemFailure."""
    channel = await supervisor.visit_channel(_ignore)
    try:
        return PathStatus(**await channel.request(OP, to_json(request), (), VISIT_SECONDS))
    finally:
        channel.close()


async def read_archive(supervisor: SupervisorClient, request: VisitRequest) -> OpenArchive:
    """The path of `request` as an archive. NotFound, Conflict, SystemFailure before anything has been read."""
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_event(event: Message) -> None:
        if not ended.done():
            ended.set_result(str(event.get("error", "")))

    channel = await supervisor.visit_channel(on_event)
    reading, writing = os.pipe2(os.O_CLOEXEC)
    try:
        try:
            status = PathStatus(**await channel.request(OP, to_json(request), (writing,), VISIT_SECONDS))
        finally:
            os.close(writing)
    except BaseException:
        os.close(reading)
        channel.close()
        raise
    stream = asyncio.StreamReader(PIECE)
    os.set_blocking(reading, False)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb", buffering=0)
    )

    async def close() -> None:
        transport.close()
        channel.close()

    return OpenArchive(status, _pieces(channel, stream, ended), close)


async def _pieces(channel: Channel, stream: asyncio.StreamReader, ended: "asyncio.Future[str]") -> AsyncIterator[bytes]:
    while piece := await stream.read(PIECE):
        yield piece
    await asyncio.wait((ended, channel.closed), return_when=asyncio.FIRST_COMPLETED)
    failure = ended.result() if ended.done() else "the visitor died"
    if failure:
        raise SystemFailure(failure)


async def write_archive(
    supervisor: SupervisorClient,
    request: VisitRequest,
    archive: Iterator[bytes],
    run_in_thread: Callable[[Callable[[], None]], Coroutine[Any, Any, None]] = asyncio.to_thread,
) -> None:
    """Unpack `archive` at the path of `request`. It is iterated in a thread, which may outlive an error a little.

    `run_in_thread` runs what waits for the archive; it should have threads to spare where a client sets the pace.

    Raises:
        InvalidParameter, Forbidden, NotFound, Conflict, SystemFailure: as dockyard.supervisor.visit.inbound, and what
            `archive` itself raises.
    """
    channel = await supervisor.visit_channel(_ignore)
    reading, writing = os.pipe2(os.O_CLOEXEC)
    stop = threading.Event()
    pump = asyncio.ensure_future(run_in_thread(lambda: _pump(archive, writing, stop)))
    try:
        try:
            reply = asyncio.ensure_future(channel.request(OP, to_json(request), (reading,), WRITE_SECONDS))
            await asyncio.sleep(0)  # the first packet of a connection is sent at once, and the pipe's end with it
            done, _ = await asyncio.wait((reply, pump), return_when=asyncio.FIRST_COMPLETED)
        finally:
            os.close(reading)
        if pump in done:
            pump.result()
        await reply
    finally:
        stop.set()
        channel.close()
        await asyncio.wait((pump,), timeout=DISCARD_SECONDS)
        pump.add_done_callback(_forget)


def _pump(archive: Iterator[bytes], writing: int, stop: threading.Event) -> None:
    """Write `archive` into the pipe until its end, or until nobody reads any more; then discard a little of the rest.

    A client that is still sending when its connection is closed never sees the answer why.
    """
    try:
        for piece in archive:
            view = memoryview(piece)
            while view and not stop.is_set():
                view = view[os.write(writing, view) :]
            if stop.is_set():
                break
    except BrokenPipeError:
        pass  # the visitor has refused it, and says so itself
    finally:
        os.close(writing)
    left = DISCARD_BYTES
    with suppress(Exception):
        while left > 0 and (piece := next(archive, b"")):
            left -= len(piece)


def _forget(pump: "asyncio.Future[None]") -> None:
    if not pump.cancelled():
        pump.exception()


def _ignore(_event: Message) -> None:
    """A visit without an archive out has no events."""
