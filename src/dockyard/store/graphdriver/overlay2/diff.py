"""An upper directory as a layer archive: overlayfs's marks become whiteouts of the image-spec again.

image-spec v1.1, layer.md, "Representing Changes". The root's own entry is left out, as in Docker.
"""

import os
import stat
from collections.abc import Iterator

from dockyard.fs.archive.header import REGULAR
from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.writer import END, Entry, header
from dockyard.store.graphdriver.view import is_opaque, is_whiteout
from dockyard.store.graphdriver.whiteout import OPAQUE, PREFIX

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def diff_archive(diff: str) -> Iterator[bytes]:
    """The archive of the upper directory `diff`, names in byte order, directories before what is in them."""
    return rechunk(_pieces(diff))


def _pieces(diff: str) -> Iterator[bytes]:
    root = os.open(diff, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield from _directory(root, b"", Packer())
    finally:
        os.close(root)
    yield END


def _directory(directory: int, prefix: bytes, packer: Packer) -> Iterator[bytes]:
    if is_opaque(directory) and prefix:
        yield _mark(prefix + OPAQUE, os.fstat(directory))
    for name in sorted(map(os.fsencode, os.listdir(directory))):
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if is_whiteout(status):
            yield _mark(prefix + PREFIX + name, status)
            continue
        yield from packer.member(prefix + name, name, directory, status)
        if stat.S_ISDIR(status.st_mode):
            below = os.open(name, _DIRECTORY, dir_fd=directory)
            try:
                yield from _directory(below, prefix + name + b"/", packer)
            finally:
                os.close(below)


def _mark(name: bytes, status: os.stat_result) -> bytes:
    return header(Entry(name=name, type=REGULAR, mode=0, mtime=status.st_mtime_ns))
