"""A layer's blob as a file that can be sent: the one that was kept, or one that is made now.

Gzip on all cores, through ISA-L; what was made is kept like a pulled blob, so that the next push needs no work and the
layer has one digest everywhere.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from dockyard.errors import NotFound
from dockyard.spec.image.descriptor import Descriptor
from dockyard.store.content import ContentStore
from dockyard.store.content.compression import Compression
from dockyard.store.content.deflate import deflate_into
from dockyard.store.content.local import FileWriter
from dockyard.store.distribution.registry.uploads import UploadFile, pread
from dockyard.store.layers import LayerStore
from dockyard.store.layers.layer import Layer


def is_here(content: ContentStore, layer: Layer, blob: Descriptor) -> bool:
    """Whether the blob's bytes can be had without a registry."""
    return blob.digest == layer.diff_id or content.info(blob.digest) is not None


def known_gzip(layers: LayerStore, content: ContentStore, layer: Layer) -> tuple[str, int] | None:
    """Digest and size of a gzip blob of the layer that is kept here; None when there is none."""
    for row in layers.blobs(layer.diff_id):
        if row.compression == Compression.GZIP.value and content.info(row.digest) is not None:
            return row.digest, row.size_bytes
    return None


def make_gzip(layers: LayerStore, content: ContentStore, layer: Layer, threads: int) -> tuple[str, int]:
    """Compresses the layer and keeps the blob; its digest and size. Hold a lease on the layer."""
    known = known_gzip(layers, content, layer)
    if known is not None:
        return known
    with content.writer() as writer:
        deflate_into(writer, layers.tar_stream(layer.chain_id), threads)
        digest, size = writer.digest, writer.size
        layers.keep_blob(layer, writer, digest, size, Compression.GZIP)
    return digest, size


@contextmanager
def opened(layers: LayerStore, content: ContentStore, layer: Layer, digest: str) -> Iterator[UploadFile]:
    """The blob as a file: kept, or the archive put together again."""
    try:
        with content.open(digest) as file:
            descriptor = file.fileno()
            yield UploadFile(descriptor, digest, os.fstat(descriptor).st_size, pread)
            return
    except NotFound:
        if digest != layer.diff_id:
            raise
    with _spooled(content, layers.tar_stream(layer.chain_id)) as writer:
        yield UploadFile(writer.descriptor, digest, writer.size, pread)


@contextmanager
def _spooled(content: ContentStore, chunks: Iterable[bytes]) -> Iterator[FileWriter]:
    with content.writer() as writer:
        for chunk in chunks:
            writer.write(chunk)
        yield writer


def small_file(content: ContentStore, digest: str) -> AbstractContextManager[UploadFile]:
    """A configuration as a file."""

    @contextmanager
    def open_it() -> Iterator[UploadFile]:
        with content.open(digest) as file:
            yield UploadFile(file.fileno(), digest, os.fstat(file.fileno()).st_size, pread)

    return open_it()
