"""What a packet says: a file's attributes, a request, a piece of data. Modes are st_mode's; the wire has Go's."""

import stat
from typing import Final, NamedTuple

STAT: Final = 0
REQUEST: Final = 1
DATA: Final = 2
FIN: Final = 3
ERROR: Final = 4

# Go's io/fs.FileMode: https://pkg.go.dev/io/fs#FileMode
_GO_DIRECTORY, _GO_LINK, _GO_DEVICE, _GO_PIPE, _GO_SOCKET = 1 << 31, 1 << 27, 1 << 26, 1 << 25, 1 << 24
_GO_SETUID, _GO_SETGID, _GO_CHARACTER, _GO_STICKY, _GO_IRREGULAR = 1 << 23, 1 << 22, 1 << 21, 1 << 20, 1 << 19
_GO_KINDS = _GO_DIRECTORY | _GO_LINK | _GO_DEVICE | _GO_PIPE | _GO_SOCKET | _GO_CHARACTER | _GO_IRREGULAR
_KINDS = {
    stat.S_IFDIR: _GO_DIRECTORY,
    stat.S_IFLNK: _GO_LINK,
    stat.S_IFBLK: _GO_DEVICE,
    stat.S_IFCHR: _GO_DEVICE | _GO_CHARACTER,
    stat.S_IFIFO: _GO_PIPE,
    stat.S_IFREG: 0,
    stat.S_IFSOCK: 0,  # senders let a socket pass for an empty file: archives have no sockets
}
_UNIX = {go: unix for unix, go in _KINDS.items() if unix != stat.S_IFSOCK}
_BITS = ((stat.S_ISUID, _GO_SETUID), (stat.S_ISGID, _GO_SETGID), (stat.S_ISVTX, _GO_STICKY))


class Entry(NamedTuple):
    """A file as it is told to the other side.

    path: relative, `/` between steps. mode: kind and permissions as in st_mode. size in bytes, mtime_ns since 1970.
    link: where a symbolic link leads; of a regular file the path of an earlier one that it is a hard link to.
    device: st_rdev. xattrs by name, those that belong into an image.
    """

    path: bytes
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime_ns: int = 0
    link: bytes = b""
    device: int = 0
    xattrs: dict[bytes, bytes] = {}  # noqa: RUF012  (never changed)

    @property
    def has_data(self) -> bool:
        """Whether it is a file whose content may be asked for."""
        return stat.S_ISREG(self.mode) and not self.link


class Packet(NamedTuple):
    """One message. kind: STAT, REQUEST, DATA, FIN or ERROR; entry is None in the STAT that ends the walk."""

    kind: int
    entry: Entry | None = None
    id: int = 0
    data: bytes = b""


def go_mode(mode: int) -> int:
    """st_mode as Go has it."""
    return mode & 0o777 | _KINDS.get(stat.S_IFMT(mode), 0) | sum(go for unix, go in _BITS if mode & unix)


def unix_mode(mode: int) -> int | None:
    """Go's mode as st_mode; None for a kind of file that can't be made here."""
    kind = _UNIX.get(mode & _GO_KINDS)
    if kind is None:
        return None
    return kind | mode & 0o777 | sum(unix for unix, go in _BITS if mode & go)
