"""The documents of an archive, each read once, and no more of them than a memory should hold.

An archive of a few kilobytes can name one document thousands of times, or thousands of names for one document.
"""

from dockyard.errors import InvalidParameter
from dockyard.store.archive.files import PackedFiles
from dockyard.store.layers.unpack import LayerBlob

DOCUMENT_BYTES = 128 << 20
"""So many bytes in all small files together: manifests, configurations, statements."""


class Remembered:
    """PackedFiles that are those of `files`, with what has been read of them."""

    def __init__(self, files: PackedFiles) -> None:
        self._files = files
        self._read: dict[str, bytes] = {}
        self._bytes = 0

    def has(self, path: str) -> bool:
        """See PackedFiles."""
        return path in self._read or self._files.has(path)

    def read(self, path: str) -> bytes:
        """See PackedFiles."""
        known = self._read.get(path)
        if known is None:
            known = self._read[path] = self._files.read(path)
            self._bytes += len(known)
            if self._bytes > DOCUMENT_BYTES:
                raise InvalidParameter(f"invalid archive: more than {DOCUMENT_BYTES} bytes of manifests and the like")
        return known

    def blob(self, path: str) -> LayerBlob:
        """See PackedFiles."""
        return self._files.blob(path)
