"""gzip on all cores: ISA-L, with zlib where that isn't installed.

The same archive gives the same bytes, however it is cut and however many threads there are: what was dropped can be
made again (remake.py).

Level 2 of ISA-L is five to fifteen times as fast as gzip -6 and its output a tenth larger (docs/adr/0002).
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

try:
    from isal import igzip_threaded
except ImportError:  # no wheel for this machine
    igzip_threaded = None  # type: ignore[assignment]

LEVEL = 2
BLOCK_BYTES = 1 << 20


class Target(Protocol):
    """Where the compressed bytes go."""

    def write(self, data: bytes, /) -> None:
        """Append."""


def deflate_into(target: Target, chunks: Iterable[bytes], threads: int) -> None:
    """Write `chunks` to `target` as one gzip stream, with so many threads (at least one)."""
    if igzip_threaded is None:
        compress = zlib.compressobj(6, zlib.DEFLATED, 31)
        for chunk in chunks:
            target.write(compress.compress(chunk))
        target.write(compress.flush())
        return
    open_threaded: Any = igzip_threaded.open  # the library's own types leave it untyped
    with open_threaded(_File(target), "wb", LEVEL, threads=threads, block_size=BLOCK_BYTES) as file:
        for block in blocks(chunks):
            file.write(block)


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of one size: what is compressed together must not depend on who wrote in which pieces,
    or the same layer would have another digest on another machine."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= BLOCK_BYTES:
            yield bytes(held[:BLOCK_BYTES])
            del held[:BLOCK_BYTES]
    if held:
        yield bytes(held)


class _File:
    """What ISA-L's writer wants of a file."""

    closed = False

    def __init__(self, target: Target) -> None:
        self._target = target

    def write(self, data: bytes) -> int:
        self._target.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass
