"""The contract of a tree of files that is only read. Paths are steps below its root; nothing leads out of it."""

from collections.abc import Iterable, Iterator
from typing import Protocol, Self

from dockyard.fs.rooted import Steps


class Status(Protocol):
    """What lstat(2) says: os.stat_result, or what an archive says instead."""

    @property
    def st_mode(self) -> int: ...
    @property
    def st_uid(self) -> int: ...
    @property
    def st_gid(self) -> int: ...
    @property
    def st_size(self) -> int: ...
    @property
    def st_mtime_ns(self) -> int: ...
    @property
    def st_rdev(self) -> int: ...
    @property
    def st_nlink(self) -> int: ...
    @property
    def st_dev(self) -> int: ...
    @property
    def st_ino(self) -> int: ...


class FileReader(Protocol):
    """Answers questions about one tree, in one thread. All raise OSError for what can't be read."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def status(self, steps: Steps) -> Status | None:
        """Of `steps`, whose links aren't followed; None when it isn't there."""

    def resolve(self, name: Steps) -> Steps | None:
        """`name` with all links followed inside the tree, also the last; None when it doesn't exist."""

    def names(self, steps: Steps) -> Iterable[bytes]:
        """What is in the directory `steps`, in any order."""

    def walk(self, start: Steps) -> Iterator[tuple[Steps, Status]]:
        """Everything below `start`, parents first, names in byte order."""

    def readlink(self, steps: Steps) -> bytes:
        """Where the symbolic link `steps` leads."""

    def data(self, steps: Steps) -> Iterator[bytes]:
        """The content of the regular file `steps`."""

    def copy(self, steps: Steps, descriptor: int) -> None:
        """The same, written to an open file."""

    def xattrs(self, steps: Steps) -> dict[bytes, bytes]:
        """The extended attributes that belong into an image."""


class Files(Protocol):
    """A tree of files."""

    def reader(self) -> FileReader:
        """A reader for one thread; closed after use."""
