"""A gzip blob made again, byte for byte, from its archive and its first bytes.

Compressing is no fixed function: each program, each level gives other bytes. The header (RFC 1952) and the first few
kilobytes, which were kept, tell most of the possible makers off; the digest of the whole tells the rest. Known are zlib
in its levels (Python, Java, Node, libarchive, nginx) and ISA-L as Dockyard uses it. Go's compressor, which Docker and
its kin push with, is none of them: docs/adr/0021 has the shares.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from dockyard.store.content.compression import Compression
from dockyard.store.content.deflate import Target, blocks, deflate_into

BEGINNING_BYTES = 1 << 14
"""How much of a blob's beginning is kept: enough for its first deflate block, which shows level and memory."""
_LEVELS = (6, 9, 1, 5, 4, 7, 8, 2, 3)
_MEMORY = (8, 9)
_FIXED_HEADER = 10
_END_BYTES = 64
_SAMPLE_BLOCKS = 64
_HAS_CRC, _HAS_EXTRA, _HAS_NAME, _HAS_COMMENT = 2, 4, 8, 16

Archive = Callable[[], Iterable[bytes]]
"""Gives the uncompressed bytes, from the beginning at each call."""


class Maker(Protocol):
    """A way to compress."""

    def begins(self, archive: Archive, size: int) -> bytes:
        """The first `size` bytes of what it makes, or all; it may give more."""

    def write(self, archive: Archive, target: Target) -> None:
        """Makes the whole."""


def makers(beginning: bytes, compression: str, archive: Archive) -> Iterator[Maker]:
    """What may have made the blob that starts with `beginning`, the likeliest first; nothing when nobody known has."""
    header = gzip_header(beginning) if compression == Compression.GZIP.value else None
    if header is None:
        return
    known: list[Maker] = [_Own(), *(_Zlib(header, level, memory) for memory in _MEMORY for level in _LEVELS)]
    for maker in known:
        if maker.begins(archive, len(beginning))[: len(beginning)] == beginning:
            yield maker


def gzip_header(beginning: bytes) -> bytes | None:
    """The header of a gzip member, with its extra field, name and comment; None when it isn't all there."""
    if len(beginning) < _FIXED_HEADER or not beginning.startswith(b"\x1f\x8b\x08"):
        return None
    flags, end = beginning[3], _FIXED_HEADER
    if flags & _HAS_EXTRA:
        end += 2 + int.from_bytes(beginning[end : end + 2], "little")
    for flag in (_HAS_NAME, _HAS_COMMENT):
        if flags & flag:
            zero = beginning.find(b"\0", end)
            if zero < 0:
                return None
            end = zero + 1
    end += 2 if flags & _HAS_CRC else 0
    return beginning[:end] if end <= len(beginning) else None


class _Own:
    """As a layer's first blob is made here (deflate.py). Blocks are compressed apart: the first shows all."""

    def begins(self, archive: Archive, size: int) -> bytes:
        count = 2
        while True:
            sample = list(islice(blocks(archive()), count))
            made = _Kept()
            deflate_into(made, sample, 1)
            begun = b"".join(made.pieces)
            # the end of a sample isn't what stands there in the whole
            if len(sample) < count or len(begun) >= size + _END_BYTES or count > _SAMPLE_BLOCKS:
                return begun
            count *= 4

    def write(self, archive: Archive, target: Target) -> None:
        deflate_into(target, archive(), 1)


class _Zlib:
    """zlib at one level, behind any header."""

    def __init__(self, header: bytes, level: int, memory: int) -> None:
        self._header = header
        self._level = level
        self._memory = memory

    def begins(self, archive: Archive, size: int) -> bytes:
        made = b""
        for piece in self._pieces(archive()):
            made += piece
            if len(made) >= size:
                break
        return made

    def write(self, archive: Archive, target: Target) -> None:
        for piece in self._pieces(archive()):
            target.write(piece)

    def _pieces(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        compress = zlib.compressobj(self._level, zlib.DEFLATED, -15, self._memory)
        checksum = size = 0
        yield self._header
        for chunk in chunks:
            checksum, size = zlib.crc32(chunk, checksum), size + len(chunk)
            if piece := compress.compress(chunk):
                yield piece
        yield compress.flush()
        yield struct.pack("<II", checksum, size & 0xFFFFFFFF)


class _Kept:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes, /) -> None:
        self.pieces.append(data)
