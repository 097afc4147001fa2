"""A local file or directory as an archive for the daemon."""

from __future__ import annotations

import os
import stat

from dockyard.cli.copy.names import keep_end, names_itself, split_end
from dockyard.errors import InvalidParameter
from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.walk import DIRECTORY, entry_members
from dockyard.fs.archive.writer import END

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class LocalSource:
    """What is copied: `path`, and `name`, under which it goes unless it gets another one."""

    __slots__ = ("is_directory", "name", "path")

    def __init__(self, path: str, *, follow: bool) -> None:
        """`follow`: copy what a symbolic link leads to. Raises InvalidParameter, in Go's words, when there is none."""
        full = keep_end(os.path.abspath(path), path)
        self.name = split_end(full)[1]
        try:
            self.path = keep_end(os.path.realpath(full, strict=True), full) if follow else full
            # A slash at the end follows a link too, as for the kernel.
            self.is_directory = stat.S_ISDIR(os.lstat(self.path).st_mode)
        except OSError as error:
            raise InvalidParameter(f"lstat {full}: {(error.strerror or '').lower()}") from error


def packed(source: LocalSource, name: str) -> Iterator[bytes]:
    """The archive of `source`, its uppermost member called `name`. SystemFailure for what can't be read."""
    return rechunk(_members(source, os.fsencode(name)))


def _members(source: LocalSource, name: bytes) -> Iterator[bytes]:
    directory, leaf = split_end(source.path)
    if source.path.endswith("/") or names_itself(source.path) or leaf == "/":
        directory, leaf = source.path, "."
    parent = os.open(directory, DIRECTORY & ~os.O_NOFOLLOW)
    try:
        status = os.stat(leaf, dir_fd=parent, follow_symlinks=False)
        yield from entry_members(Packer(), name.rstrip(b"/"), os.fsencode(leaf), parent, status)
    finally:
        os.close(parent)
    yield END
