"""The sender on a stream: tells of its files, while it sends the data of those that are asked for."""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, Protocol

from dockyard.builder.session.filesync.entry import DATA, ERROR, FIN, REQUEST, STAT, Entry, Packet
from dockyard.builder.session.filesync.receive import PacketStream
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure, Unavailable

_BATCH_BYTES: Final = 512 << 10
_BATCH: Final = 256


class Sent(Protocol):
    """What is sent. `folder`: how it is called in errors."""

    @property
    def folder(self) -> str: ...

    def walk(self) -> Iterator[Entry]:
        """Everything, in the order of the protocol."""

    def read(self, path: bytes) -> Iterator[bytes]:
        """The content of a regular file of the walk. Raises OSError."""


class Sender:
    """The sender without a network: what it has to say next, in batches. One thread makes them, another may request."""

    def __init__(self, tree: Sent) -> None:
        self._tree = tree
        self._files: dict[int, bytes] = {}
        self._requested: deque[tuple[int, bytes]] = deque()
        self._stats: Iterator[Packet] | None = self._walk()
        self._data: Iterator[Packet] = iter(())
        self.sent_bytes = 0

    def request(self, number: int) -> None:
        """The receiver wants the file `number`; raises InvalidParameter for one that it can't have (any more)."""
        path = self._files.pop(number, None)
        if path is None:
            raise InvalidParameter(f"invalid file id {number}")
        self._requested.append((number, path))

    @property
    def waits(self) -> bool:
        """Whether there is nothing to say until the receiver asks for something."""
        return self._stats is None and not self._requested

    def batch(self) -> list[Packet]:
        """What to send next, some of the walk and some of the data; raises SystemFailure for what can't be read."""
        packets: list[Packet] = []
        try:
            if self._stats is not None:
                packets += islice(self._stats, _BATCH)
                if not packets or packets[-1].entry is None:
                    self._stats = None
            size = 0
            while self._requested and size < _BATCH_BYTES and len(packets) < 2 * _BATCH:
                piece = next(self._data, None)
                if piece is None:
                    self._data = self._read(*self._requested[0])
                    continue
                packets.append(piece)
                size += len(piece.data)
                if not piece.data:
                    self._requested.popleft()
        except OSError as error:
            name = os.fsdecode(error.filename) if error.filename else self._tree.folder
            raise SystemFailure(f"{name}: {error.strerror or error}") from error
        self.sent_bytes += size
        return packets

    def _walk(self) -> Iterator[Packet]:
        for number, entry in enumerate(self._tree.walk()):
            if entry.has_data:
                self._files[number] = entry.path
            yield Packet(STAT, entry)
        yield Packet(STAT)

    def _read(self, number: int, path: bytes) -> Iterator[Packet]:
        try:
            for data in self._tree.read(path):
                yield Packet(DATA, id=number, data=data)
        except OSError as error:
            raise OSError(
                error.errno, error.strerror or str(error), os.path.join(os.fsencode(self._tree.folder), path)
            ) from error
        yield Packet(DATA, id=number)


async def send(stream: PacketStream, tree: Sent, *, progress: Callable[[int], None] | None = None) -> None:
    """Sends `tree` to the receiver at the other end, until that says that it has all.

    progress: called with the bytes of data that were sent so far.
    Raises SystemFailure for what can't be read, and for the receiver's error; InvalidParameter when it breaks the
    protocol; Unavailable when the stream ends before the transfer does. The receiver is told of the first and third.
    """
    sender = Sender(tree)
    requests = _Requests(stream, sender)
    listening = asyncio.create_task(requests.listen())
    try:
        while not requests.finished:
            if sender.waits:
                await requests.wait()
                continue
            packets = await asyncio.to_thread(sender.batch)
            await stream.send(packets)
            if progress:
                progress(sender.sent_bytes)
        await listening
        await stream.send([Packet(FIN)])
    except DockyardError as error:
        if not isinstance(error, Unavailable):
            with contextlib.suppress(DockyardError):
                await stream.send([Packet(ERROR, data=str(error).encode("utf-8", "replace"))])
        raise
    finally:
        listening.cancel()


class _Requests:
    """Listens to the receiver beside the sending, so that neither waits for the other to empty its buffer."""

    def __init__(self, stream: PacketStream, sender: Sender) -> None:
        self._stream = stream
        self._sender = sender
        self._news = asyncio.Event()
        self.finished = False
        """The receiver has said that it has all, or listening has failed: `listen`'s task tells."""

    async def wait(self) -> None:
        """Until the receiver has said something."""
        await self._news.wait()
        self._news.clear()

    async def listen(self) -> None:
        """Until the receiver has said that it has all."""
        try:
            while not self.finished:
                packets = await self._stream.receive()
                if not packets:
                    raise Unavailable("the stream ended before the transfer of files did")
                for packet in packets:
                    self._take(packet)
                self._news.set()
        finally:
            self.finished = True
            self._news.set()

    def _take(self, packet: Packet) -> None:
        if packet.kind == REQUEST:
            self._sender.request(packet.id)
        elif packet.kind == FIN:
            self.finished = True
        elif packet.kind == ERROR:
            raise SystemFailure(f"error from receiver: {packet.data[:4096].decode('utf-8', 'replace')}")
        else:
            raise InvalidParameter(f"unexpected packet of type {packet.kind}")
