"""Packets on a gRPC stream: `fsutil.types.Packet`, many at a time."""

import os
from typing import Any

from google.protobuf.message import DecodeError

from dockyard.builder.session.filesync.entry import ERROR, STAT, Entry, Packet, go_mode, unix_mode
from dockyard.errors import InvalidParameter
from dockyard.rpc.batches import Batches
from dockyard.wire.buildkit.messages import files


class GrpcPackets:
    """The PacketStream of a call to `DiffCopy`, on either side of it (a grpclib stream)."""

    def __init__(self, stream: Any) -> None:
        self._batches = Batches(stream)

    async def receive(self) -> list[Packet]:
        """The packets that have come; none at the stream's end. Raises InvalidParameter for what is no packet."""
        try:
            return [_packet(files.Packet.FromString(data)) for data in await self._batches.receive()]
        except DecodeError as error:
            raise InvalidParameter(f"a packet can't be read: {error}") from error

    async def send(self, packets: list[Packet]) -> None:
        """Sends `packets`."""
        await self._batches.send([_message(packet).SerializeToString() for packet in packets])


def _packet(message: Any) -> Packet:
    kind = message.type
    if kind > ERROR or kind < STAT:
        raise InvalidParameter(f"unexpected packet of type {kind}")
    if kind == STAT:
        return Packet(STAT, _entry(message.stat) if message.HasField("stat") else None)
    return Packet(kind, None, message.ID, message.data)


def _entry(told: Any) -> Entry:
    mode = unix_mode(told.mode)
    if mode is None:
        raise InvalidParameter(
            f"a kind of file that isn't known: {told.path[:200].decode('utf-8', 'backslashreplace')}"
        )
    device = 0
    if told.devmajor or told.devminor:
        if not (0 <= told.devmajor < 1 << 12 and 0 <= told.devminor < 1 << 20):
            raise InvalidParameter("invalid device number")
        device = os.makedev(told.devmajor, told.devminor)
    xattrs = {name.encode("utf-8", "surrogateescape"): value for name, value in told.xattrs.items()}
    return Entry(told.path, mode, told.uid, told.gid, told.size, told.modTime, told.linkname, device, xattrs)


def _message(packet: Packet) -> Any:
    entry = packet.entry
    if entry is None:
        return files.Packet(type=packet.kind, ID=packet.id, data=packet.data)
    told = files.Stat(
        path=entry.path, mode=go_mode(entry.mode), uid=entry.uid, gid=entry.gid, size=entry.size,
        modTime=entry.mtime_ns, linkname=entry.link,
    )  # fmt: skip
    if entry.device:
        told.devmajor, told.devminor = os.major(entry.device), os.minor(entry.device)
    for name, value in entry.xattrs.items():
        told.xattrs[os.fsdecode(name)] = value
    return files.Packet(type=STAT, stat=told)
