"""Bytes of a tar archive to its members: v7, ustar, pax, GNU.

The reader also hands out every byte that isn't a member's data (`Member.raw`, `TarReader.trailer`), so that who keeps
these and the files can put the very same archive together again (store/layers/recipe.py).
"""

from collections.abc import Iterator
from typing import NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.fs.archive import pax, sparse
from dockyard.fs.archive.header import (
    BLOCK,
    DIRECTORY,
    GNU_LONG_LINK,
    GNU_LONG_NAME,
    GNU_SPARSE,
    NO_PAYLOAD,
    PAX,
    PAX_GLOBAL,
    ZERO_BLOCK,
    Header,
    cstring,
    parse_header,
)
from dockyard.fs.archive.source import Source, truncated

_NAME_LIMIT = 1 << 16


class Member(NamedTuple):
    """One member of an archive, with what pax and GNU extensions say about it already applied.

    `size` is the size of the file; `stored` the number of bytes that the archive holds of it, in `segments`.
    `raw` are all archive bytes since the end of the previous member's data. `mtime` is in nanoseconds.
    """

    name: bytes
    type: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    link: bytes
    major: int
    minor: int
    xattrs: dict[bytes, bytes]
    stored: int
    segments: sparse.Segments
    raw: bytes


class TarReader:
    """Iterates over the members of the archive in `source`.

    After each member its data may be consumed with `source.take/copy/skip` as far as `Member.stored`, through
    `data_into` or not at all: the reader skips what is left.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.trailer = b""
        """What followed the last member's data, once the iteration is over: padding and the end marker."""
        self._left = 0
        self._padding = 0

    def copy_into(self, size: int, descriptor: int) -> None:
        """Write the next `size` bytes of the present member's data to `descriptor`."""
        self.source.copy(size, descriptor)
        self._left -= size

    def data(self, size: int) -> bytes:
        """The next `size` bytes of the present member's data. Raises InvalidParameter when the archive ends before."""
        data = self.source.take(size)
        if len(data) < size:
            raise truncated()
        self._left -= size
        return data

    def __iter__(self) -> Iterator[Member]:
        raw: list[bytes] = []
        extended: pax.Records = {}
        long_name = long_link = None
        source = self.source
        while True:
            if self._left:
                source.skip(self._left)
                self._left = 0
            if self._padding:
                raw.append(self._padded())
            block = source.take(BLOCK)
            raw.append(block)
            if block == ZERO_BLOCK or not block:
                self.trailer = b"".join(raw)
                return
            if len(block) < BLOCK:
                raise truncated()
            header = parse_header(block)
            if header.size < 0:
                raise InvalidParameter("archive/tar: invalid tar header")
            kind = header.type
            if kind in (PAX, PAX_GLOBAL, GNU_LONG_NAME, GNU_LONG_LINK):
                data, stored = self._extension(header)
                raw.append(stored)
                if kind == PAX:
                    extended = pax.parse_records(data)
                elif kind == GNU_LONG_NAME:
                    long_name = cstring(data)
                elif kind == GNU_LONG_LINK:
                    long_link = cstring(data)
                continue
            member = self._member(header, block, extended, long_name, long_link, raw)
            raw, extended, long_name, long_link = [], {}, None, None
            yield member

    def _padded(self) -> bytes:
        # Docker's client leaves out the last member's padding and the end marker; Go's reader minds neither.
        padding = self.source.take(self._padding)
        self._padding = 0
        return padding

    def _extension(self, header: Header) -> tuple[bytes, bytes]:
        limit = pax.LIMIT_BYTES if header.type in (PAX, PAX_GLOBAL) else _NAME_LIMIT
        if header.size > limit:
            raise InvalidParameter("archive/tar: header field too long")
        padded = -(-header.size // BLOCK) * BLOCK
        stored = self.source.take(padded)
        if len(stored) < padded:
            raise truncated()
        return stored[: header.size], stored

    def _member(
        self,
        header: Header,
        block: bytes,
        extended: pax.Records,
        long_name: bytes | None,
        long_link: bytes | None,
        raw: list[bytes],
    ) -> Member:
        name = header.name if long_name is None else long_name
        link = header.link if long_link is None else long_link
        stored, mtime, uid, gid = header.size, header.mtime * 1_000_000_000, header.uid, header.gid
        xattrs: dict[bytes, bytes] = {}
        if extended:
            name = extended.get(b"path", name)
            link = extended.get(b"linkpath", link)
            if value := extended.get(b"size"):
                stored = pax.integer(value)
            if value := extended.get(b"mtime"):
                mtime = pax.nanoseconds(value)
            if value := extended.get(b"uid"):
                uid = pax.integer(value)
            if value := extended.get(b"gid"):
                gid = pax.integer(value)
            xattrs = {key[len(pax.XATTR) :]: value for key, value in extended.items() if key.startswith(pax.XATTR)}
        if b"\0" in name or b"\0" in link:
            raise InvalidParameter("archive/tar: invalid tar header")
        kind = header.type
        if kind == b"\0" and name.endswith(b"/"):
            kind = DIRECTORY  # v7 had no type for directories
        if kind in NO_PAYLOAD:
            stored = 0
        self._left, self._padding = stored, -stored % BLOCK
        size = stored
        segments: sparse.Segments = ((0, stored),) if stored else ()
        if kind == GNU_SPARSE:
            segments, size, more = sparse.old_gnu_map(block, self.source)
            raw.append(more)
            self._check_sparse(segments, stored)
        elif any(key.startswith(b"GNU.sparse.") for key in extended):
            name = extended.get(b"GNU.sparse.name", name)
            size = pax.integer(extended.get(b"GNU.sparse.realsize") or extended.get(b"GNU.sparse.size") or b"0")
            if extended.get(b"GNU.sparse.major") == b"1":
                segments, more = sparse.leading_map(self.source, size)
                raw.append(more)
                stored -= len(more)
                self._left = stored
            else:
                segments = sparse.listed_map(extended.get(b"GNU.sparse.map", b""), size)
            self._check_sparse(segments, stored)
        return Member(
            name, kind, header.mode, uid, gid, size, mtime, link, header.major, header.minor, xattrs, stored, segments,
            b"".join(raw),
        )  # fmt: skip

    def _check_sparse(self, segments: sparse.Segments, stored: int) -> None:
        if sum(length for _, length in segments) != stored:
            raise InvalidParameter("archive/tar: invalid sparse map")
