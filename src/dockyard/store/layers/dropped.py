"""Compressed blobs that aren't kept: what is remembered of them, so that a push can send the same bytes all the same.

`discard-unpacked-layers` saves about two fifths of the disk (docs/adr/0021). Only blobs of archives that a recipe puts
together again are dropped; their first bytes stay, which tell who may have made them (content/remake.py).
"""

import os
from collections.abc import Container

from dockyard.store.content import ContentStore
from dockyard.store.content.remake import BEGINNING_BYTES
from dockyard.store.layers.table import BlobRow, DroppedBlob, LayerTable
from dockyard.store.layers.unpack import LayerBlob, Unpacked


def dropped_blob(blob: LayerBlob, unpacked: Unpacked) -> DroppedBlob:
    """What is remembered of a blob that has just been unpacked."""
    beginning = os.pread(blob.descriptor, BEGINNING_BYTES, 0)
    return DroppedBlob(unpacked.diff_id, blob.digest, blob.size, unpacked.compression.value, beginning)


def drop_kept(
    table: LayerTable, content: ContentStore, diff_ids: frozenset[str] | None, but: Container[str] = ()
) -> None:
    """Drop the compressed blobs that were kept, of all archives or of `diff_ids`, except the digests `but`. Blobs and
    rows must be locked."""
    for row in table.droppable():
        if row.digest not in but and (diff_ids is None or row.diff_id in diff_ids):
            _drop(table, content, row)


def _drop(table: LayerTable, content: ContentStore, row: BlobRow) -> None:
    if content.info(row.digest) is None:
        return
    with content.open(row.digest) as file:
        beginning = file.read(BEGINNING_BYTES)
    table.drop(DroppedBlob(row.diff_id, row.digest, row.size_bytes, row.compression, beginning))
    if row.digest not in table.blob_digests():
        content.delete(row.digest)
