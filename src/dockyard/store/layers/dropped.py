"""Compressed blobs that aren't kept: what is remembered of them, so that a push can send the same bytes all the same.

`discard-unpacked-layers` saves about two fifths of the disk (docs/adr/0021). Only blobs of archives that a recipe puts
together again are dropped; their first bytes stay, which tell who may have made them (content/remake.py).
"""

import os
import threading
from collections.abc import Container, Iterable

from dockyard.store.content import ContentStore
from dockyard.store.content.remake import BEGINNING_BYTES
from dockyard.store.layers.table import BlobRow, DroppedBlob, LayerTable
from dockyard.store.layers.unpack import LayerBlob, Unpacked


def dropped_blob(blob: LayerBlob, unpacked: Unpacked) -> DroppedBlob:
    """What is remembered of a blob that has just been unpacked."""
    beginning = os.pread(blob.descriptor, BEGINNING_BYTES, 0)
    return DroppedBlob(unpacked.diff_id, blob.digest, blob.size, unpacked.compression.value, beginning)


def drop_damaged(table: LayerTable, content: ContentStore, diff_ids: Iterable[str]) -> None:
    """After a power cut: drop those blobs of archives that another layer still needs which aren't what they should be,
    as they came with a layer that is lost."""
    for row in (row for diff_id in dict.fromkeys(diff_ids) for row in table.blobs(diff_id)):
        if content.info(row.digest) is None or not content.is_right(row.digest):
            table.drop(DroppedBlob(row.diff_id, row.digest, row.size_bytes, row.compression, b""))
            content.delete(row.digest)


class Dropping:
    """Drops blobs, if that is `wanted`, and knows what was dropped. `blobs_and_rows`: the lock of both."""

    def __init__(
        self, table: LayerTable, content: ContentStore, blobs_and_rows: threading.Lock, *, wanted: bool
    ) -> None:
        self._table = table
        self._content = content
        self._blobs_and_rows = blobs_and_rows
        self._wanted = wanted

    def drop(self, diff_ids: frozenset[str] | None = None, but: Container[str] = ()) -> None:
        """Drop compressed blobs that were kept, of all archives or of `diff_ids`, except the digests `but`."""
        if self._wanted:
            with self._blobs_and_rows:
                for row in self._table.droppable():
                    if row.digest not in but and (diff_ids is None or row.diff_id in diff_ids):
                        self._drop(row)

    def forget(self, digests: Iterable[str]) -> None:
        """Delete blobs that no layer needs."""
        with self._blobs_and_rows:
            for digest in set(digests) - self._table.blob_digests():
                self._content.delete(digest)

    def of(self, diff_id: str) -> list[DroppedBlob]:
        """What this archive came as, where it wasn't kept."""
        return self._table.dropped(diff_id)

    def _drop(self, row: BlobRow) -> None:
        if self._content.info(row.digest) is None:
            return
        with self._content.open(row.digest) as file:
            beginning = file.read(BEGINNING_BYTES)
        self._table.drop(DroppedBlob(row.diff_id, row.digest, row.size_bytes, row.compression, beginning))
        if row.digest not in self._table.blob_digests():
            self._content.delete(row.digest)
