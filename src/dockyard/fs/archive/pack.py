"""A directory tree to members of an archive, one at a time: headers, data, hard links, extended attributes.

Who walks the tree decides what is in it (a merged view, a layer's upper directory); this turns what was found into
bytes. A file that changes while it is read (a container runs) never breaks the archive: its member has the announced
size.
"""

import errno
import os
import stat
from collections.abc import Iterator

from dockyard.fs.archive.header import (
    BLOCK_DEVICE,
    CHARACTER,
    DIRECTORY,
    FIFO,
    LINK,
    REGULAR,
    SYMLINK,
)
from dockyard.fs.archive.source import CHUNK
from dockyard.fs.archive.writer import Entry, header, padding

_TYPES = {
    stat.S_IFREG: REGULAR,
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFLNK: SYMLINK,
    stat.S_IFCHR: CHARACTER,
    stat.S_IFBLK: BLOCK_DEVICE,
    stat.S_IFIFO: FIFO,
}
_HOST_ATTRIBUTES = ("trusted.", "security.selinux", "security.ima", "security.evm")
"""Extended attributes that describe this host and its overlay, not the image."""


class Packer:
    """Packs members of one archive; remembers inodes, so that a second name of a file becomes a hard link."""

    def __init__(self) -> None:
        self._first_names: dict[tuple[int, int], bytes] = {}

    def member(self, name: bytes, leaf: bytes, parent: int, status: os.stat_result) -> Iterator[bytes]:
        """The bytes of the member `name` (no leading slash), which is `leaf` in the directory descriptor `parent`.

        Sockets have no place in an archive and give nothing, as in Docker. Raises OSError when the file can't be read.
        """
        kind = _TYPES.get(stat.S_IFMT(status.st_mode))
        if kind is None:
            return
        if kind != DIRECTORY and status.st_nlink > 1:
            key = (status.st_dev, status.st_ino)
            first = self._first_names.setdefault(key, name)
            if first != name:
                yield header(_entry(name, LINK, status, link=first))
                return
        if kind == REGULAR:
            yield from _regular(name, leaf, parent, status)
            return
        link = os.readlink(leaf, dir_fd=parent) if kind == SYMLINK else b""
        xattrs = _xattrs_of_path(leaf, parent)
        full = name + b"/" if kind == DIRECTORY else name
        yield header(_entry(full, kind, status, link=link, xattrs=xattrs))


def _regular(name: bytes, leaf: bytes, parent: int, status: os.stat_result) -> Iterator[bytes]:
    descriptor = _open_regular(leaf, parent)
    try:
        size = status.st_size
        xattrs = read_xattrs(descriptor)
        yield header(_entry(name, REGULAR, status, size=size, xattrs=xattrs))
        left = size
        while left:
            piece = os.read(descriptor, min(left, CHUNK))
            if not piece:  # it became shorter meanwhile
                piece = bytes(min(left, CHUNK))
            left -= len(piece)
            yield piece
        if size % 512:
            yield padding(size)
    finally:
        os.close(descriptor)


def _open_regular(leaf: bytes, parent: int) -> int:
    """Open a regular file for reading, and nothing else: only to open a device may already do something.

    Raises FileNotFoundError when something else, or nothing, has taken its place.
    """
    place = os.open(leaf, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        if not stat.S_ISREG(os.fstat(place).st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return os.open(b"/proc/self/fd/%d" % place, os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(place)


def read_xattrs(target: int | bytes, *, follow: bool = True) -> dict[bytes, bytes]:
    """The extended attributes of `target` that belong into an image."""
    try:
        names = os.listxattr(target, follow_symlinks=follow)
    except OSError:
        return {}
    return {
        os.fsencode(name): os.getxattr(target, name, follow_symlinks=follow)
        for name in names
        if not name.startswith(_HOST_ATTRIBUTES)
    }


def _xattrs_of_path(leaf: bytes, parent: int) -> dict[bytes, bytes]:
    return read_xattrs(b"/proc/self/fd/%d/%s" % (parent, leaf), follow=False)


def _entry(
    name: bytes,
    kind: bytes,
    status: os.stat_result,
    *,
    size: int = 0,
    link: bytes = b"",
    xattrs: dict[bytes, bytes] | None = None,
) -> Entry:
    device = status.st_rdev if kind in (CHARACTER, BLOCK_DEVICE) else 0
    return Entry(
        name=name,
        type=kind,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        size=size,
        mtime=status.st_mtime_ns,
        link=link,
        major=os.major(device),
        minor=os.minor(device),
        xattrs=xattrs or {},
    )


def rechunk(pieces: Iterator[bytes], *, target: int = CHUNK) -> Iterator[bytes]:
    """Gather small pieces (headers, small files) into chunks of about `target` bytes, which cost less to pass on."""
    buffer: list[bytes] = []
    size = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size >= target:
            chunk = buffer[0] if len(buffer) == 1 else b"".join(buffer)
            buffer, size = [], 0
            yield chunk
    if buffer:
        yield b"".join(buffer)
