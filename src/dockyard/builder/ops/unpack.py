"""ADD's archives: tar, plain or compressed by gzip, bzip2, xz or zstd. Never zip, as in Docker.

Whether a file is an archive is seen by its content, not by its name: a tar header must be there once it is inflated.
It is unpacked into an empty directory first, where nothing is in its way and no link leads anywhere, and then copied.
"""

from collections.abc import Iterable, Iterator

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.header import parse_header
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.rooted import RootedTree
from dockyard.store.content.compression import MAGIC_BYTES, detect, inflate

_BLOCK = 512


def is_archive(chunks: Iterator[bytes]) -> bool:
    """Whether a regular file of this content is an archive that ADD unpacks."""
    try:
        block = StreamSource(inflated(chunks)).take(_BLOCK)
        if len(block) < _BLOCK or not block.strip(b"\0"):
            return False
        parse_header(block)
    except InvalidParameter:
        return False
    return True


def unpack(chunks: Iterator[bytes], directory: str) -> None:
    """Everything in the archive into the empty `directory`.

    Raises InvalidParameter for a damaged archive, SystemFailure when the disk refuses.
    """
    with RootedTree(directory) as tree:
        Extractor(tree).extract(TarReader(StreamSource(inflated(chunks))))


def inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, inflated if they are compressed. Raises InvalidParameter for damaged data."""
    pieces = iter(chunks)
    beginning = b""
    while len(beginning) < MAGIC_BYTES and (piece := next(pieces, b"")):
        beginning += piece
    return inflate(_chained(beginning, pieces), detect(beginning))


def _chained(beginning: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if beginning:
        yield beginning
    yield from pieces
