"""A tree as an archive: the same tree gives the same bytes."""

import os
import stat
from collections.abc import Iterator

from dockyard.builder.files.contract import FileReader, Files, Status
from dockyard.errors import SystemFailure
from dockyard.fs.archive.header import BLOCK_DEVICE, CHARACTER, DIRECTORY, FIFO, LINK, REGULAR, SYMLINK
from dockyard.fs.archive.pack import rechunk
from dockyard.fs.archive.writer import END, Entry, header, padding
from dockyard.fs.rooted import Steps

_KINDS = {
    stat.S_IFREG: REGULAR,
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFLNK: SYMLINK,
    stat.S_IFCHR: CHARACTER,
    stat.S_IFBLK: BLOCK_DEVICE,
    stat.S_IFIFO: FIFO,
}


def pack(files: Files) -> Iterator[bytes]:
    """The archive of all files, names in byte order. Raises SystemFailure for what can't be read."""
    return rechunk(_pieces(files))


def _pieces(files: Files) -> Iterator[bytes]:
    first_names: dict[tuple[int, int], bytes] = {}
    with files.reader() as reader:
        for steps, status in reader.walk(()):
            try:
                yield from _member(reader, steps, status, first_names)
            except OSError as error:
                name = os.fsdecode(b"/".join(steps))
                raise SystemFailure(f"read /{name}: {(error.strerror or '').lower()}") from error
    yield END


def _member(
    reader: FileReader, steps: Steps, status: Status, first_names: dict[tuple[int, int], bytes]
) -> Iterator[bytes]:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is None:
        return  # a socket has no place in an archive
    name = b"/".join(steps)
    link, size = b"", 0
    if kind != DIRECTORY and status.st_nlink > 1:
        first = first_names.setdefault((status.st_dev, status.st_ino), name)
        if first != name:
            kind, link = LINK, first
    if kind == SYMLINK:
        link = reader.readlink(steps)
    if kind == REGULAR:
        size = status.st_size
    device = status.st_rdev if kind in (CHARACTER, BLOCK_DEVICE) else 0
    yield header(
        Entry(
            name=name + b"/" if kind == DIRECTORY else name,
            type=kind,
            mode=stat.S_IMODE(status.st_mode),
            uid=status.st_uid,
            gid=status.st_gid,
            size=size,
            mtime=status.st_mtime_ns,
            link=link,
            major=os.major(device),
            minor=os.minor(device),
            xattrs=reader.xattrs(steps) if kind == REGULAR else {},
        )
    )
    left = size
    for piece in reader.data(steps) if size else ():
        yield piece
        left -= len(piece)
    if left:
        raise SystemFailure(f"read /{os.fsdecode(name)}: it has another size than before")
    yield padding(size)
