"""Compressed streams: recognised by their first bytes, inflated in bounded pieces.

gzip through ISA-L where it is installed (2.5 times zlib's speed), zstd, bzip2 and xz: what `docker load` and `import`
take. A bomb can't fill the memory: no step gives more than a piece, and who writes to disk stops when that is full.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Protocol

from dockyard.errors import InvalidParameter

try:
    from isal import igzip_lib
except ImportError:  # no wheel for this machine: zlib does the same, slower
    igzip_lib = None  # type: ignore[assignment]
try:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # Python 3.14
except ImportError:
    from backports import zstd

PIECE = 1 << 18


class Compression(Enum):
    """How a stream is compressed; the value is the suffix that media types use."""

    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    XZ = "xz"


_MAGIC = (
    (b"\x1f\x8b\x08", Compression.GZIP),
    (b"\x28\xb5\x2f\xfd", Compression.ZSTD),
    (b"BZh", Compression.BZIP2),
    (b"\xfd7zXZ\x00", Compression.XZ),
)
MAGIC_BYTES = 6


def detect(start: bytes) -> Compression:
    """The compression of a stream that begins with `start` (at least MAGIC_BYTES, unless it is shorter)."""
    if len(start) >= 4 and start[1:4] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F:
        return Compression.ZSTD  # a skippable frame in front, as zstd:chunked and pzstd write it
    return next((kind for magic, kind in _MAGIC if start.startswith(magic)), Compression.NONE)


def inflate(chunks: Iterable[bytes], compression: Compression) -> Iterator[bytes]:
    """The uncompressed bytes of `chunks`, in pieces of at most PIECE. Raises InvalidParameter when they are damaged."""
    if compression is Compression.NONE:
        yield from chunks
        return
    try:
        yield from _members(chunks, _INFLATERS[compression], compression)
    except _DAMAGED as error:
        raise InvalidParameter(f"{compression.value}: invalid data: {error}") from error


def inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """`chunks` uncompressed, whatever they are: their first bytes decide."""
    iterator = iter(chunks)
    start = b""
    for chunk in iterator:
        start += chunk
        if len(start) >= MAGIC_BYTES:
            break

    def again() -> Iterator[bytes]:
        if start:
            yield start
        yield from iterator

    return inflate(again(), detect(start))


class _Inflater(Protocol):
    """The interface that bz2, lzma, zstd and ISA-L share."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _ZlibInflater:
    """zlib's gzip inflater with that interface, for machines without ISA-L."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))


def _gzip() -> _Inflater:
    if igzip_lib is None:
        return _ZlibInflater()
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


_INFLATERS: dict[Compression, Callable[[], _Inflater]] = {
    Compression.GZIP: _gzip,
    Compression.ZSTD: zstd.ZstdDecompressor,
    Compression.BZIP2: bz2.BZ2Decompressor,
    Compression.XZ: lambda: lzma.LZMADecompressor(memlimit=1 << 28),
}
_DAMAGED: tuple[type[Exception], ...] = (  # type: ignore[assignment]
    OSError,  # bz2's and ISA-L's way of saying it; sources raise errors of errors.py only
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    zlib.error if igzip_lib is None else igzip_lib.IsalError,
)


def _members(chunks: Iterable[bytes], new: Callable[[], _Inflater], kind: Compression) -> Iterator[bytes]:
    # A stream may be several compressed members one after another (pigz, eStargz): each ends, the next begins.
    inflater: _Inflater | None = None
    for chunk in chunks:
        data = chunk
        while data or (inflater is not None and not inflater.eof and not inflater.needs_input):
            if inflater is None:
                if kind is Compression.GZIP and not data.strip(b"\0"):
                    break  # zero padding after the last member, as gzip(1) ignores it
                inflater = new()
            piece = inflater.decompress(data, PIECE)
            data = b""
            if piece:
                yield piece
            if inflater.eof:
                data, inflater = inflater.unused_data, None
    if inflater is not None:
        raise EOFError("unexpected EOF")
