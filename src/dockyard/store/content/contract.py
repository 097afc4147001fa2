"""The contract of a content store.

Vocabulary: a *blob* is bytes known by their *digest* (`sha256:<64 hex>`); *ingest* is writing one whose digest may
not be known yet. Lifecycle: a writer takes bytes into a staging place that nobody else sees; `commit` checks size and
digest, makes the blob durable and visible in one step; without `commit` nothing remains. A blob never changes;
committing one that is already there is no error and costs its writing only. Two writers of one blob don't disturb
each other.

    with store.writer() as writer:             # 1 a stream of unknown digest
        for chunk in body: writer.write(chunk)
        blob = writer.commit()
    store.ingest([config], expected_digest=d)  # 2 small, known digest: raises InvalidParameter when it differs
    with store.open(blob.digest) as file: …    # 3 reading; NotFound when it isn't there

tests/contract/content_suite.py is run against every implementation.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple, Protocol, Self


class Blob(NamedTuple):
    """A blob that is there: `digest` as `sha256:<hex>`, `size` in bytes."""

    digest: str
    size: int


class BlobWriter(Protocol):
    """One ingest. Used as a context manager: leaving it without `commit` discards what was written."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def write(self, data: bytes) -> None:
        """Append. Raises SystemFailure when the disk refuses."""

    def commit(self, expected_digest: str | None = None, expected_size: int | None = None) -> Blob:
        """Make the blob visible. Raises InvalidParameter when digest or size differ from the expected; then nothing
        is kept."""


class Content(Protocol):
    """Blobs by digest."""

    def writer(self) -> BlobWriter:
        """A new ingest."""

    def ingest(
        self, chunks: Iterable[bytes], *, expected_digest: str | None = None, expected_size: int | None = None
    ) -> Blob:
        """Write all of `chunks` as one blob."""

    def open(self, digest: str) -> BinaryIO:
        """The blob for reading, seekable. Raises NotFound; InvalidParameter for what isn't a digest."""

    def read(self, digest: str, *, limit: int = 1 << 24) -> bytes:
        """The whole of a small blob. Raises NotFound; DataLoss when it is longer than `limit` or its digest is
        wrong."""

    def info(self, digest: str) -> Blob | None:
        """The blob's size, or None."""

    def delete(self, digest: str) -> bool:
        """Remove; False when it wasn't there. Readers that have it open keep it."""

    def list(self) -> Iterator[Blob]:
        """All blobs, in no particular order."""
