"""A received context as a tree of files: an archive as it is, unpacked only when somebody wants a directory."""

import os
from threading import Lock

from dockyard.builder.context.archive import receive_context, unpack_archive
from dockyard.builder.files.archive import ArchiveFiles
from dockyard.builder.solve.results import Tree


def archive_tree(files: ArchiveFiles, scratch: str) -> Tree:
    """The tree; its directory, when it is wanted, is made in `scratch`."""
    return Tree(files, _Unpacked(files, scratch))


def receive_file(path: str, place: str) -> ArchiveFiles:
    """The archive in the file `path`, kept uncompressed at `place`. Errors as `receive_context`."""
    with open(path, "rb") as file:
        return receive_context(iter(lambda: file.read(1 << 18), b""), place)


def context_directory(scratch: str) -> str:
    """A new directory for a context's files."""
    directory = f"{scratch}/context"
    os.mkdir(directory, 0o755)
    os.chmod(directory, 0o755)
    return directory


class _Unpacked:
    """Unpacks an archive when its files are wanted on disk for the first time."""

    def __init__(self, files: ArchiveFiles, scratch: str) -> None:
        self._files = files
        self._scratch = scratch
        self._lock = Lock()
        self._directory = ""

    def __call__(self) -> str:
        with self._lock:
            if not self._directory:
                self._directory = context_directory(self._scratch)
                unpack_archive(self._files, self._directory)
            return self._directory
