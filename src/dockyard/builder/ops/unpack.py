"""ADD's archives: tar, plain or compressed by gzip, bzip2, xz or zstd. Never zip, as in Docker.

Whether a file is an archive is seen by its content, not by its name: a tar header must be there once it is inflated.
It is unpacked into an empty directory first, where nothing is in its way and no link leads anywhere, and then copied.
"""

import os
from collections.abc import Iterator

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.header import parse_header
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import CHUNK, StreamSource
from dockyard.fs.rooted import RootedTree
from dockyard.store.content.compression import MAGIC_BYTES, detect, inflate

_BLOCK = 512


def is_archive(descriptor: int) -> bool:
    """Whether the open regular file is an archive that ADD unpacks."""
    try:
        block = StreamSource(inflated(descriptor)).take(_BLOCK)
        if len(block) < _BLOCK or not block.strip(b"\0"):
            return False
        parse_header(block)
    except InvalidParameter:
        return False
    return True


def unpack(descriptor: int, directory: str) -> None:
    """Everything in the archive into the empty `directory`.

    Raises InvalidParameter for a damaged archive, SystemFailure when the disk refuses.
    """
    with RootedTree(directory) as tree:
        Extractor(tree).extract(TarReader(StreamSource(inflated(descriptor))))


def inflated(descriptor: int) -> Iterator[bytes]:
    """The bytes of an open file, inflated if they are compressed. Raises InvalidParameter for damaged data."""
    return inflate(_chunks(descriptor), detect(os.pread(descriptor, MAGIC_BYTES, 0)))


def _chunks(descriptor: int) -> Iterator[bytes]:
    position = 0
    while chunk := os.pread(descriptor, CHUNK, position):
        position += len(chunk)
        yield chunk
