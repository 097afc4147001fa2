"""A layer's blob in the form that somebody wants: one that is kept already, or one that is made now and kept.

The same archive compressed in the same way gives the same bytes on every machine: gzip by ISA-L in blocks of a fixed
size, however many threads work on them.
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dockyard.store.content import ContentStore
from dockyard.store.content.compression import Compression
from dockyard.store.content.deflate import Target, deflate_into
from dockyard.store.layers.layer import Layer
from dockyard.store.layers.store import LayerStore
from dockyard.store.layers.table import BlobRow

try:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # Python 3.14
except ImportError:
    from backports import zstd

_ZSTD_LEVEL = 3


@dataclass(frozen=True, slots=True)
class KeptBlob:
    """A blob of a layer's archive. Uncompressed ones aren't kept as files: they are put together when they are read."""

    digest: str
    size_bytes: int
    compression: Compression


def known_blob(
    layers: LayerStore, content: ContentStore, layer: Layer, compression: Compression, *, force: bool
) -> KeptBlob | None:
    """A blob that needs no work: of this compression; unless `force`, of another one, in which the layer came."""
    if compression is Compression.NONE and (force or not _kept(layers, content, layer)):
        return KeptBlob(layer.diff_id, layer.archive_bytes, Compression.NONE)
    kept = _kept(layers, content, layer)
    fitting = [row for row in kept if row.compression == compression.value]
    usable = fitting or ([] if force else kept)
    if not usable:
        return None
    row = usable[0]
    return KeptBlob(row.digest, row.size_bytes, Compression(row.compression))


def have_blob(
    layers: LayerStore,
    content: ContentStore,
    layer: Layer,
    compression: Compression,
    *,
    level: int | None = None,
    force: bool = False,
) -> KeptBlob:
    """The layer's blob, made if there is none that fits. Hold a lease on the layer. Raises SystemFailure, DataLoss."""
    known = known_blob(layers, content, layer, compression, force=force)
    if known is not None:
        return known
    with content.writer() as writer:
        _compress(writer, layers.tar_stream(layer.chain_id), compression, level)
        digest, size = writer.digest, writer.size
        layers.keep_blob(layer, writer, digest, size, compression)
    return KeptBlob(digest, size, compression)


def read_blob(layers: LayerStore, content: ContentStore, layer: Layer, digest: str) -> Iterator[bytes]:
    """The bytes of a blob of the layer: kept ones, or its archive put together again."""
    if content.info(digest) is None and digest == layer.diff_id:
        yield from layers.tar_stream(layer.chain_id)
        return
    with content.open(digest) as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _kept(layers: LayerStore, content: ContentStore, layer: Layer) -> list[BlobRow]:
    wanted = (Compression.GZIP.value, Compression.ZSTD.value)
    rows = [row for row in layers.blobs(layer.diff_id) if row.compression in wanted]
    return [row for row in rows if content.info(row.digest) is not None]


def _compress(target: Target, chunks: Iterable[bytes], compression: Compression, level: int | None) -> None:
    if compression is Compression.ZSTD:
        compressor = zstd.ZstdCompressor(level=level if level is not None else _ZSTD_LEVEL)
        for chunk in chunks:
            target.write(compressor.compress(chunk))
        target.write(compressor.flush())
    elif level is None or level < 0:
        deflate_into(target, chunks, os.cpu_count() or 1)
    else:
        deflater = zlib.compressobj(level, zlib.DEFLATED, 31)
        for chunk in chunks:
            target.write(deflater.compress(chunk))
        target.write(deflater.flush())
