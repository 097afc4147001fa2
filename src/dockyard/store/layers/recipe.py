"""How to put a layer's archive together again from its unpacked files, byte for byte.

An image's layer is known by the digest of its uncompressed archive, so `docker save` and push must give exactly these
bytes. Keeping the archive doubles the disk; keeping what isn't file data (headers, padding, the end) costs about a
hundredth of it. A recipe is a zlib stream of records, each a kind byte and its fields, numbers as unsigned LEB128:

    R length bytes                          bytes as they stood in the archive
    F steps (count, then length+bytes each) segments (count, then offset+length each)
                                            data of the file at `steps` in the layer's own tree

docs/adr/0004-layers-and-blobs.md has the measurements and the cases in which the archive is kept instead.
"""

import os
import zlib
from collections.abc import Iterator

from dockyard.errors import DataLoss
from dockyard.fs.archive.reader import Member
from dockyard.fs.archive.source import CHUNK, Source
from dockyard.fs.rooted import Steps
from dockyard.store.graphdriver.contract import LayerData

_RAW, _FILE = b"R", b"F"
_REST_LIMIT = 1 << 24


class RecipeWriter:
    """Collects the recipe while an archive is unpacked; `placed` is the extractor's callback."""

    def __init__(self) -> None:
        self._compress = zlib.compressobj(1)
        self._parts: list[bytes] = []
        self.complete = True
        """False once a member had data that the unpacked tree doesn't hold: then the recipe is of no use."""

    def placed(self, member: Member, steps: Steps) -> None:
        """One member was unpacked; its data, if any, lies at `steps`."""
        self._raw(member.raw)
        if member.stored and not steps:
            self.complete = False
        elif member.stored:
            record = [_FILE, _number(len(steps))]
            for step in steps:
                record += (_number(len(step)), step)
            record.append(_number(len(member.segments)))
            for offset, length in member.segments:
                record += (_number(offset), _number(length))
            self._parts.append(self._compress.compress(b"".join(record)))

    def finish(self, trailer: bytes, source: Source) -> bytes | None:
        """The recipe, after reading what is left in `source`; `trailer` is what followed the last member's data.

        None when the unpacked tree doesn't hold everything, or when the rest is so long that it is no end of an
        archive.
        """
        self._raw(trailer)
        rest = 0
        while data := source.take(CHUNK):
            rest += len(data)
            if rest <= _REST_LIMIT:
                self._raw(data)
        self._parts.append(self._compress.flush())
        return b"".join(self._parts) if self.complete and rest <= _REST_LIMIT else None

    def _raw(self, data: bytes) -> None:
        if data:
            self._parts.append(self._compress.compress(_RAW + _number(len(data)) + data))


def assemble(recipe: bytes, files: LayerData) -> Iterator[bytes]:
    """The archive's bytes. Raises DataLoss when a file isn't there any more or has another size."""
    data = zlib.decompress(recipe)
    position = 0
    while position < len(data):
        kind = data[position : position + 1]
        position += 1
        if kind == _RAW:
            length, position = _read_number(data, position)
            yield data[position : position + length]
            position += length
            continue
        count, position = _read_number(data, position)
        steps = []
        for _ in range(count):
            length, position = _read_number(data, position)
            steps.append(data[position : position + length])
            position += length
        count, position = _read_number(data, position)
        segments = []
        for _ in range(count):
            offset, position = _read_number(data, position)
            length, position = _read_number(data, position)
            segments.append((offset, length))
        yield from _segments(files, tuple(steps), segments)


def _segments(files: LayerData, steps: Steps, segments: list[tuple[int, int]]) -> Iterator[bytes]:
    name = os.fsdecode(b"/".join(steps))
    try:
        descriptor = files.open_file(steps)
    except OSError as error:
        raise DataLoss(f"layer's file /{name}: {error.strerror}") from error
    try:
        for offset, length in segments:
            while length:
                piece = os.pread(descriptor, min(length, CHUNK), offset)
                if not piece:
                    raise DataLoss(f"layer's file /{name}: shorter than when it was unpacked")
                yield piece
                offset += len(piece)
                length -= len(piece)
    finally:
        os.close(descriptor)


def _number(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _read_number(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
