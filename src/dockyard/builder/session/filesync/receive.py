"""The receiver on a stream: packets are handled in a thread, many at a time; the event loop never waits for a disk."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from dockyard.builder.session.filesync.entry import ERROR, Packet
from dockyard.builder.session.filesync.receiver import Limits, Receiver
from dockyard.errors import DockyardError, Unavailable


class PacketStream(Protocol):
    """Packets both ways, in order. Both raise Unavailable when the other side is gone."""

    async def receive(self) -> list[Packet]:
        """The packets that have come, at least one; none when the other side has ended its half."""

    async def send(self, packets: list[Packet]) -> None:
        """Sends `packets`."""


async def receive(
    stream: PacketStream,
    folder: str,
    *,
    merge: bool = False,
    owners: bool = True,
    devices: bool = True,
    limits: Limits | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Makes the existing directory `folder` what the sender tells of; returns how many files had to be fetched.

    What is in `folder` already, with the same attributes, isn't fetched again; what the sender doesn't name is removed
    (with `merge` both don't hold). At every instant the folder is worth what it holds: a transfer that was killed
    leaves whole files, and the next goes on with them. Only one transfer at a time may go into a folder.
    progress: called with the bytes of data that have come so far. Other arguments as in `Receiver`.

    Raises InvalidParameter when the sender breaks the protocol or a limit, SystemFailure with the sender's error or the
    kernel's, Unavailable when the stream ends before the transfer does. The sender is told of the first two.
    """
    receiver = await asyncio.to_thread(Receiver, folder, merge=merge, owners=owners, devices=devices, limits=limits)
    try:
        while not receiver.finished:
            packets = await stream.receive()
            if not packets:
                raise Unavailable("the stream ended before the transfer of files did")
            answers = await _in_thread(receiver, packets)
            if answers:
                await stream.send(answers)
            if progress:
                progress(receiver.received_bytes)
    except DockyardError as error:
        with contextlib.suppress(DockyardError):
            await stream.send([Packet(ERROR, data=str(error).encode())])
        raise
    finally:
        await asyncio.to_thread(receiver.close)
    return receiver.requested


async def _in_thread(receiver: Receiver, packets: list[Packet]) -> list[Packet]:
    """`take`, which is waited for even when the task is cancelled: the folder may be given to somebody else then."""
    work = asyncio.ensure_future(asyncio.to_thread(receiver.take, packets))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await work
        raise
