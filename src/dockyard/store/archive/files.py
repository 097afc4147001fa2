"""The files of an image archive, however they are stored: spooled from a stream (spool.py) or lying in a directory."""

import errno
import hashlib
import os
from typing import Protocol, Self

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.source import CHUNK
from dockyard.fs.paths import components
from dockyard.fs.rooted import RootedTree
from dockyard.store.layers.unpack import LayerBlob

JSON_LIMIT = 1 << 24


class PackedFiles(Protocol):
    """Access by path inside the archive."""

    def has(self, path: str) -> bool:
        """Whether there is a file `path`."""

    def read(self, path: str) -> bytes:
        """A small file's content. Raises InvalidParameter when it isn't there or too long to be what it should be."""

    def blob(self, path: str) -> LayerBlob:
        """A large file, hashed. Raises InvalidParameter when it isn't there."""


class DirectoryFiles:
    """An image layout as a directory: what skopeo's and umoci's `oci:` writes. A context manager: closes its files."""

    def __init__(self, path: str) -> None:
        try:
            self._tree = RootedTree(path)
        except OSError as error:
            raise InvalidParameter(f"open {path}: {(error.strerror or '').lower()}") from error
        self._opened: list[_OpenBlob] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for blob in self._opened:
            os.close(blob.descriptor)
        self._tree.close()

    def has(self, path: str) -> bool:
        """See PackedFiles."""
        try:
            os.close(self._open(path))
        except InvalidParameter:
            return False
        return True

    def read(self, path: str) -> bytes:
        """See PackedFiles."""
        descriptor = self._open(path)
        try:
            data = os.pread(descriptor, JSON_LIMIT + 1, 0)
        finally:
            os.close(descriptor)
        if len(data) > JSON_LIMIT:
            raise InvalidParameter(f"invalid archive: {path[:200]}: too large")
        return data

    def blob(self, path: str) -> LayerBlob:
        """See PackedFiles."""
        blob = _OpenBlob(self._open(path))
        self._opened.append(blob)
        return blob

    def _open(self, path: str) -> int:
        try:
            return self._tree.open_file(components(os.fsencode(path)))
        except (OSError, IndexError):
            raise missing(path) from None


class _OpenBlob:
    """An open file as a LayerBlob."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        digest = hashlib.sha256()
        position = 0
        while chunk := os.pread(descriptor, CHUNK, position):
            digest.update(chunk)
            position += len(chunk)
        self.digest = "sha256:" + digest.hexdigest()

    is_whole = True

    def arrived(self, position: int) -> int:
        """See LayerBlob."""
        return self.size - position

    def abandon(self) -> None:
        """See LayerBlob."""


def missing(path: str) -> InvalidParameter:
    """The error for a file that the archive refers to and doesn't have."""
    return InvalidParameter(f"open {path[:200]}: {os.strerror(errno.ENOENT).lower()}")
