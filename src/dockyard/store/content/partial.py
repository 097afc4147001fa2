"""A blob on its way here: a file named after the digest that it will have, which outlives this process.

    <root>/downloads/<hex>      what has come so far; the next process goes on where this one was killed

Unlike an ingest (local.py), whose digest is known only at its end and which dies with its process. `keep` gives the
finished blob its place by a second link, so that what is being pulled stays here until all of it has a name.
"""

import contextlib
import hashlib
import os

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.archive.source import CHUNK, write_all
from dockyard.store.content.contract import Blob


class Partial:
    """The beginning of blob `digest`. One owner at a time; `descriptor` may be read by others meanwhile."""

    def __init__(self, path: str, digest: str, blobs: str) -> None:
        self.digest = digest
        self._path = path
        self._blobs = blobs
        self._hash = hashlib.sha256()
        self._gone = False
        try:
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self.size = os.fstat(self.descriptor).st_size
        except OSError as error:
            raise SystemFailure(f"open {path}: {(error.strerror or '').lower()}") from error
        self.inherited = self.size
        """How many bytes an earlier process left; nobody vouches for them until the digest is known."""

    def rehash(self) -> None:
        """Reads what an earlier process left, so that the digest of the whole can be told."""
        position = 0
        while chunk := os.pread(self.descriptor, CHUNK, position):
            self._hash.update(chunk)
            position += len(chunk)
        os.lseek(self.descriptor, position, os.SEEK_SET)
        self.size = position

    def write(self, data: bytes | memoryview) -> None:
        """Append. Raises SystemFailure when the disk refuses."""
        try:
            write_all(self.descriptor, data)
        except OSError as error:
            raise SystemFailure(f"write {self._path}: {(error.strerror or '').lower()}") from error
        self._hash.update(data)
        self.size += len(data)

    def restart(self) -> None:
        """Throw away what is there."""
        os.ftruncate(self.descriptor, 0)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        self._hash = hashlib.sha256()
        self.size = self.inherited = 0

    @property
    def is_right(self) -> bool:
        """Whether what is there has the digest that it should have."""
        return "sha256:" + self._hash.hexdigest() == self.digest

    def keep(self) -> Blob:
        """Make the complete blob part of the store; a second time does nothing. Raises InvalidParameter.

        Nothing is written out here, where it would hold up all that others write: that is done with the blob's layer,
        without which it counts as little as this does (layers/confirm.py).
        """
        if not self.is_right:
            raise InvalidParameter(f"unexpected commit digest sha256:{self._hash.hexdigest()}, expected {self.digest}")
        place = os.path.join(self._blobs, self.digest[7:])
        try:
            with contextlib.suppress(FileExistsError):
                os.link(self._path, place)
        except OSError as error:
            raise SystemFailure(f"commit {self.digest}: {(error.strerror or '').lower()}") from error
        return Blob(self.digest, self.size)

    def unlink(self) -> None:
        """Take the name away: what `keep` gave another name stays there, the rest goes with the last descriptor."""
        if not self._gone:
            self._gone = True
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)

    def close(self) -> None:
        """Let go of the file. No thread may be reading it any more."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
