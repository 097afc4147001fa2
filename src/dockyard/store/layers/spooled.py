"""A stream written into the content store's staging place: the form in which a layer can be registered."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from dockyard.store.content.contract import Blob
from dockyard.store.content.local import ContentStore, FileWriter


class SpooledBlob:
    """A written, hashed blob; a KeepableBlob. Committing it twice, or one whose twin is in the store, is no error."""

    def __init__(self, writer: FileWriter) -> None:
        self._writer = writer
        self.digest = writer.digest
        self.size = writer.size
        self.descriptor = os.dup(writer.descriptor)

    is_whole = True

    def arrived(self, position: int) -> int:
        """See LayerBlob."""
        return self.size - position

    def abandon(self) -> None:
        """See LayerBlob."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def commit(self, expected_digest: str | None = None, expected_size: int | None = None) -> Blob:
        """See BlobWriter."""
        if self._writer.descriptor < 0:
            return Blob(self.digest, self.size)
        return self._writer.commit(expected_digest, expected_size)

    def discard(self) -> None:
        """Close, and remove what wasn't committed."""
        os.close(self.descriptor)
        self._writer.__exit__()


def spool(content: ContentStore, chunks: Iterable[bytes]) -> SpooledBlob:
    """Write all of `chunks`; the caller discards the blob. Raises SystemFailure when the disk refuses."""
    writer = content.writer()
    try:
        for chunk in chunks:
            writer.write(chunk)
        return SpooledBlob(writer)
    except BaseException:
        writer.__exit__()
        raise


@contextmanager
def spooled(content: ContentStore, chunks: Iterable[bytes]) -> Iterator[SpooledBlob]:
    """`spool`, discarded at the end of the block."""
    with spool(content, chunks) as blob:
        yield blob
