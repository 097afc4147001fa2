"""The content store on local disk.

    <root>/blobs/sha256/<hex>   complete, verified, never changed
    <root>/ingest/<random>      being written; emptied at start
    <root>/downloads/<hex>      being fetched; goes on after a restart (partial.py)

A blob becomes visible by link-less rename(2) after fsync(2) of its data; the directory is synced afterwards.
"""

import hashlib
import os
from collections.abc import Container, Iterable, Iterator
from typing import BinaryIO, Self

from dockyard.errors import DataLoss, InvalidParameter, NotFound, SystemFailure
from dockyard.fs.archive.source import write_all
from dockyard.store.content.contract import Blob
from dockyard.store.content.digest import digest_of, hex_of
from dockyard.store.content.partial import Partial


class ContentStore:
    """Blobs below `root`. Safe for several threads. Removes at construction what an earlier process left unfinished."""

    def __init__(self, root: str) -> None:
        self._blobs = os.path.join(root, "blobs", "sha256")
        self._ingest = os.path.join(root, "ingest")
        self._downloads = os.path.join(root, "downloads")
        for path in (self._blobs, self._ingest, self._downloads):
            os.makedirs(path, mode=0o700, exist_ok=True)
        for name in os.listdir(self._ingest):
            os.unlink(os.path.join(self._ingest, name))

    def writer(self) -> "FileWriter":
        """See Content."""
        return FileWriter(os.path.join(self._ingest, os.urandom(16).hex()), self._blobs)

    def partial(self, digest: str) -> Partial:
        """The beginning of a blob that is being fetched, which may be there from before. One owner at a time."""
        return Partial(os.path.join(self._downloads, hex_of(digest)), digest, self._blobs)

    def drop_partials(self, *, but: Container[str] = (), older_than_seconds: float = 0) -> int:
        """Remove beginnings of blobs that nobody goes on with, except those of the digests `but`; the bytes freed.

        Their age is measured against the newest thing in the folder, its own time of change.
        """
        freed = 0
        with os.scandir(self._downloads) as entries:
            os.utime(self._downloads)
            now = os.stat(self._downloads).st_mtime
            for entry in entries:
                status = entry.stat()
                if "sha256:" + entry.name not in but and now - status.st_mtime >= older_than_seconds:
                    os.unlink(entry.path)
                    freed += status.st_size if status.st_nlink == 1 else 0
        return freed

    def ingest(
        self, chunks: Iterable[bytes], *, expected_digest: str | None = None, expected_size: int | None = None
    ) -> Blob:
        """See Content."""
        with self.writer() as writer:
            for chunk in chunks:
                writer.write(chunk)
            return writer.commit(expected_digest, expected_size)

    @property
    def folder(self) -> str:
        """The directory of all blobs."""
        return self._blobs

    def path(self, digest: str) -> str:
        """Where the blob is or would be; for the kernel's own copying, not for writing."""
        return os.path.join(self._blobs, hex_of(digest))

    def open(self, digest: str) -> BinaryIO:
        """See Content."""
        try:
            return open(self.path(digest), "rb")
        except FileNotFoundError:
            raise NotFound(f"content {digest}: not found") from None
        except OSError as error:
            raise SystemFailure(f"open {self.path(digest)}: {error.strerror}") from error

    def read(self, digest: str, *, limit: int = 1 << 24) -> bytes:
        """See Content."""
        with self.open(digest) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise DataLoss(f"content {digest}: larger than {limit} bytes")
        if digest_of(data) != digest:
            raise DataLoss(f"content {digest}: damaged on disk")
        return data

    def is_right(self, digest: str) -> bool:
        """Whether the blob's bytes are those of its digest; reads all of it. Raises NotFound."""
        with self.open(digest) as file:
            hashed = hashlib.sha256()
            while chunk := file.read(1 << 20):
                hashed.update(chunk)
        return f"sha256:{hashed.hexdigest()}" == digest

    def info(self, digest: str) -> Blob | None:
        """See Content."""
        try:
            return Blob(digest, os.stat(self.path(digest)).st_size)
        except FileNotFoundError:
            return None

    def delete(self, digest: str) -> bool:
        """See Content."""
        try:
            os.unlink(self.path(digest))
        except FileNotFoundError:
            return False
        return True

    def list(self) -> Iterator[Blob]:
        """See Content."""
        with os.scandir(self._blobs) as entries:
            for entry in entries:
                yield Blob("sha256:" + entry.name, entry.stat().st_size)


class FileWriter:
    """One ingest into a file; see BlobWriter."""

    def __init__(self, staged: str, blobs: str) -> None:
        self.path = staged
        self._blobs = blobs
        self._hash = hashlib.sha256()
        self.size = 0
        try:
            self.descriptor = os.open(staged, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SystemFailure(f"open {staged}: {(error.strerror or '').lower()}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            os.unlink(self.path)

    @property
    def digest(self) -> str:
        """The digest of what has been written so far."""
        return "sha256:" + self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """See BlobWriter."""
        try:
            write_all(self.descriptor, data)
        except OSError as error:
            raise SystemFailure(f"write {self.path}: {(error.strerror or '').lower()}") from error
        self._hash.update(data)
        self.size += len(data)

    def commit(self, expected_digest: str | None = None, expected_size: int | None = None) -> Blob:
        """See BlobWriter."""
        digest = self.digest
        if expected_size is not None and expected_size != self.size:
            raise InvalidParameter(f"unexpected commit size {self.size}, expected {expected_size}")
        if expected_digest is not None and expected_digest != digest:
            raise InvalidParameter(f"unexpected commit digest {digest}, expected {expected_digest}")
        try:
            os.fsync(self.descriptor)
            os.rename(self.path, os.path.join(self._blobs, digest[7:]))
            os.close(self.descriptor)
            self.descriptor = -1
            directory = os.open(self._blobs, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise SystemFailure(f"commit {digest}: {(error.strerror or '').lower()}") from error
        return Blob(digest, self.size)
