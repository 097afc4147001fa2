"""Directories that were written in place become layers: what a build makes, without packing and unpacking it.

A *draft* is a layer's directory without a row, on top of a parent. Whoever made it writes files into it, and then it is
adopted: one pass over its files gives the diff id and the recipe (recipe.py), a row makes it a layer. With overlayfs a
container's upper directory becomes a draft by one rename; `docker commit` of the same files writes them twice more.
A kill leaves a directory without a row, which the next start sweeps.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from dockyard.errors import SystemFailure
from dockyard.fs.archive.header import REGULAR_TYPES, SYMLINK
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.paths import components
from dockyard.store.content.compression import Compression
from dockyard.store.graphdriver.contract import GraphDriver
from dockyard.store.layers.layer import Layer
from dockyard.store.layers.recipe import RecipeWriter
from dockyard.store.layers.unpack import Unpacked


class Draft(NamedTuple):
    """A directory that may become a layer. `directory` is written to; `parent` is what it stands on."""

    driver_id: str
    directory: str
    parent: Layer | None


def describe(driver: GraphDriver, draft: Draft) -> Unpacked | None:
    """What `unpack` would have said of the draft's archive; None when it has no members: nothing was changed."""
    hashed = _Hashed(driver.diff(draft.driver_id, draft.parent.driver_id if draft.parent else None))
    recipe = RecipeWriter()
    source = StreamSource(hashed)
    reader = TarReader(source)
    size_bytes = members = 0
    try:
        for member in reader:
            members += 1
            size_bytes += member.size if member.type in REGULAR_TYPES else 0
            size_bytes += len(member.link) if member.type == SYMLINK else 0
            recipe.placed(member, components(member.name) if member.stored else ())
        packed = recipe.finish(reader.trailer, source)
    except OSError as error:
        raise SystemFailure(f"reading a new layer: {(error.strerror or str(error)).lower()}") from error
    if not members:
        return None
    return Unpacked(hashed.digest, size_bytes, hashed.size, Compression.NONE, packed)


def settle(directory: str, latest_seconds: int | None) -> None:
    """Make the draft's files what an archive would have made of them: nothing of this moment stays in them.

    The root's own owner and mode aren't part of a layer. `latest_seconds`: no file is newer than that
    (SOURCE_DATE_EPOCH).
    """
    os.chown(directory, 0, 0)
    os.chmod(directory, 0o755)
    if latest_seconds is not None:
        limit = latest_seconds * 1_000_000_000
        for parent, directories, files, descriptor in os.fwalk(os.fsencode(directory), topdown=False):
            del parent
            for name in (*files, *directories):
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                if status.st_mtime_ns > limit and not stat.S_ISSOCK(status.st_mode):
                    os.utime(name, ns=(limit, limit), dir_fd=descriptor, follow_symlinks=False)


class _Hashed:
    """Passes chunks on and hashes them. Hashing a chunk lets other threads run."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._hash = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            self._hash.update(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        """Of all that passed."""
        return "sha256:" + self._hash.hexdigest()
