"""One layer's blob, compressed or not, into a driver's directory: digest, files and recipe in one pass.

Inflating, hashing and writing overlap: the first two release Python's lock, so two cores are busy with one layer.
"""

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, Protocol

from dockyard.fs.archive.extract import Extracted
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import CHUNK, FileSource, Source, StreamSource
from dockyard.fs.rooted import Steps
from dockyard.store.content.compression import MAGIC_BYTES, Compression, detect, inflate
from dockyard.store.graphdriver.contract import GraphDriver, Placed
from dockyard.store.layers.recipe import RecipeWriter

Progress = Callable[[int], None]


class LayerBlob(Protocol):
    """A blob in a file: an unfinished ingest, a file of the content store, or one that is still being fetched.

    `is_whole`: all of it is there, and its digest is right.
    """

    @property
    def descriptor(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def is_whole(self) -> bool: ...

    def arrived(self, position: int) -> int:
        """How many bytes may be read from `position` on, once there are any; 0 at the end of a blob that is right.

        Blocks while it is being fetched. Raises what went wrong with that.
        """

    def abandon(self) -> None:
        """Nobody reads on: threads that wait in `arrived` get an error."""


class Unpacked(NamedTuple):
    """What became of a blob. `recipe` is None when the archive can't be put together again from the files."""

    diff_id: str
    size_bytes: int
    archive_bytes: int
    compression: Compression
    recipe: bytes | None
    implied: tuple[Steps, ...] = ()


def unpack(driver: GraphDriver, layer_id: str, blob: LayerBlob, progress: Progress | None = None) -> Unpacked:
    """Unpack `blob` into the created layer `layer_id`. `progress` gets the bytes of the blob read so far.

    Raises InvalidParameter for a damaged archive, SystemFailure when the disk refuses; the layer is then rubbish.
    """
    return unpack_into(partial(driver.apply, layer_id), blob, progress)


def unpack_into(
    apply: Callable[[TarReader, Placed], Extracted], blob: LayerBlob, progress: Progress | None = None
) -> Unpacked:
    """`unpack` with any way to apply an archive. Errors as there."""
    compression = detect(_beginning(blob))
    recipe = RecipeWriter()
    hashed = None
    if compression is Compression.NONE and blob.is_whole:
        source: Source = FileSource(blob.descriptor, progress=progress)
    elif compression is Compression.NONE:
        source = StreamSource(_read(blob, progress))
    else:
        hashed = _Hashed(inflate(_read(blob, progress), compression))
        source = StreamSource(hashed)
    reader = TarReader(source)
    try:
        done = apply(reader, recipe.placed)
        packed = recipe.finish(reader.trailer, source)
    finally:
        diff_id = blob.digest if hashed is None else hashed.finish()
    if done.replaced:
        packed = None  # a later member took an earlier one's place: that one's data is gone
    archive_bytes = blob.size if hashed is None else hashed.size
    return Unpacked(diff_id, done.size_bytes, archive_bytes, compression, packed, done.implied)


def _beginning(blob: LayerBlob) -> bytes:
    ready = 0
    while (more := blob.arrived(ready)) and (ready := ready + more) < MAGIC_BYTES:
        pass
    return os.pread(blob.descriptor, min(ready, MAGIC_BYTES), 0)


def _read(blob: LayerBlob, progress: Progress | None) -> Iterator[bytes]:
    position = 0
    while ready := blob.arrived(position):
        chunk = os.pread(blob.descriptor, min(ready, CHUNK), position)
        position += len(chunk)
        if progress is not None:
            progress(position)
        yield chunk


class _Hashed:
    """Passes chunks on and hashes them in a thread of its own."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(16)
        self._hash = hashlib.sha256()
        self._thread = threading.Thread(target=self._work, name="layer-digest", daemon=True)
        self._thread.start()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            self._room.acquire()
            self._queue.put(chunk)
            yield chunk

    def finish(self) -> str:
        """The digest of all that passed."""
        self._queue.put(None)
        self._thread.join()
        return "sha256:" + self._hash.hexdigest()

    def _work(self) -> None:
        while (chunk := self._queue.get()) is not None:
            self._hash.update(chunk)
            self._room.release()
