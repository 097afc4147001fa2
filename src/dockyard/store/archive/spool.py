"""The outer archive of a load, taken apart into files that only we name.

manifest.json may be the last member, so everything must be somewhere before anything can be understood. Members become
numbered files of the content store's staging place, hashed while they are written; their own names, hostile or not,
never reach a filesystem. Links between members (docker, podman and skopeo write `<id>/layer.tar` as links) are
followed here.
"""

import errno
import os
from collections.abc import Iterable
from typing import Self

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.header import LINK, REGULAR_TYPES, SYMLINK
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import CHUNK, StreamSource
from dockyard.fs.paths import components, display
from dockyard.store.archive.files import JSON_LIMIT, missing
from dockyard.store.content.compression import inflated
from dockyard.store.content.local import ContentStore
from dockyard.store.layers.spooled import SpooledBlob, spool

_IN_MEMORY = 1 << 16
_MEMORY_LIMIT = 1 << 26
_LINKS = 32

Steps = tuple[bytes, ...]


class Spool:
    """The members of one archive. A context manager: on leaving everything that wasn't committed is gone."""

    def __init__(self, content: ContentStore) -> None:
        self._content = content
        self._blobs: dict[Steps, SpooledBlob] = {}
        self._small: dict[Steps, bytes] = {}
        self._links: dict[Steps, Steps] = {}
        self._memory = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for blob in self._blobs.values():
            blob.discard()

    def fill(self, chunks: Iterable[bytes]) -> None:
        """Read the archive (compressed or not) to its end. Raises InvalidParameter, SystemFailure."""
        reader = TarReader(StreamSource(inflated(chunks)))
        for member in reader:
            steps = components(member.name)
            if not steps:
                continue
            if member.type in REGULAR_TYPES:
                if member.size != member.stored:
                    raise InvalidParameter(f"invalid archive: {display(member.name)} is a sparse file")
                self._forget(steps)
                if member.size <= _IN_MEMORY and self._memory + member.size <= _MEMORY_LIMIT:
                    self._small[steps] = reader.data(member.size)
                    self._memory += member.size
                else:
                    self._blobs[steps] = self._spool(reader, member.size)
            elif member.type == SYMLINK:
                self._forget(steps)
                base = () if member.link.startswith(b"/") else steps[:-1]
                self._links[steps] = components(b"/".join((*base, member.link)))
            elif member.type == LINK:
                self._forget(steps)
                self._links[steps] = components(member.link)

    def has(self, path: str) -> bool:
        """Whether the archive has a file `path`."""
        steps = self._resolve(path)
        return steps in self._small or steps in self._blobs

    def read(self, path: str) -> bytes:
        """A small file's content. Raises InvalidParameter when it isn't there or too long to be what it should be."""
        steps = self._resolve(path)
        if steps in self._small:
            return self._small[steps]
        blob = self._blobs.get(steps)
        if blob is None:
            raise missing(path)
        if blob.size > JSON_LIMIT:
            raise InvalidParameter(f"invalid archive: {path[:200]}: too large")
        return os.pread(blob.descriptor, blob.size, 0)

    def blob(self, path: str) -> SpooledBlob:
        """A file on disk, hashed. Raises InvalidParameter when it isn't there."""
        steps = self._resolve(path)
        if steps in self._small:
            self._blobs[steps] = spool(self._content, [self._small[steps]])
            del self._small[steps]
        if steps not in self._blobs:
            raise missing(path)
        return self._blobs[steps]

    def _spool(self, reader: TarReader, size: int) -> SpooledBlob:
        def pieces() -> Iterable[bytes]:
            left = size
            while left:
                piece = reader.data(min(left, CHUNK))
                left -= len(piece)
                yield piece

        return spool(self._content, pieces())

    def _forget(self, steps: Steps) -> None:
        # A later member of the same name counts, as when the archive is unpacked.
        blob = self._blobs.pop(steps, None)
        if blob is not None:
            blob.discard()
        self._memory -= len(self._small.pop(steps, b""))
        self._links.pop(steps, None)

    def _resolve(self, path: str) -> Steps:
        steps = components(os.fsencode(path))
        for _ in range(_LINKS):
            for depth in range(len(steps), 0, -1):
                target = self._links.get(steps[:depth])
                if target is not None:
                    steps = target + steps[depth:]
                    break
            else:
                return steps
        raise InvalidParameter(f"open {path[:200]}: {os.strerror(errno.ELOOP).lower()}")
