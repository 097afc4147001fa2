"""Members to bytes: ustar headers, with pax records for what ustar can't say.

The same choice as Go's writer and GNU tar's `--format=posix`: a record only where a field doesn't fit, so that plain
archives stay readable by everything. pax(1); oci image-spec v1.1 layer.md, "Distributable Format".
"""

from typing import NamedTuple

from dockyard.fs.archive import pax
from dockyard.fs.archive.header import BLOCK, PAX, REGULAR, octal, ustar_block

END = bytes(2 * BLOCK)
"""The end marker of an archive."""


class Entry(NamedTuple):
    """What a header says about one member. `mtime` is in nanoseconds; fractions are kept when `fractions` is set."""

    name: bytes
    type: bytes = REGULAR
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    link: bytes = b""
    major: int = 0
    minor: int = 0
    xattrs: dict[bytes, bytes] = {}  # noqa: RUF012  never changed
    user: bytes = b""
    group: bytes = b""


def header(entry: Entry, *, fractions: bool = False) -> bytes:
    """The header block of `entry`, preceded by an extended header when it needs one."""
    records: pax.Records = {}
    prefix, name = b"", entry.name
    if len(name) > 100 or not name.isascii():
        split = _split(name) if name.isascii() else None
        if split is None:
            records[b"path"] = name
            name = name[:100]
        else:
            prefix, name = split
    link = entry.link
    if len(link) > 100 or not link.isascii():
        records[b"linkpath"] = link
        link = link[:100]
    seconds, rest = divmod(entry.mtime, 1_000_000_000)
    if octal(seconds, 12) is None or (fractions and rest):
        records[b"mtime"] = pax.time_text(entry.mtime if fractions else seconds * 1_000_000_000)
    if octal(entry.size, 12) is None:
        records[b"size"] = b"%d" % entry.size
    for key, value in ((b"uid", entry.uid), (b"gid", entry.gid)):
        if octal(value, 8) is None:
            records[key] = b"%d" % value
    for attribute in sorted(entry.xattrs):
        records[pax.XATTR + attribute] = entry.xattrs[attribute]
    block = ustar_block(
        name,
        prefix=prefix,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        size=entry.size,
        mtime=seconds,
        type_=entry.type,
        link=link,
        user=entry.user,
        group=entry.group,
        major=entry.major,
        minor=entry.minor,
    )
    if not records:
        return block
    data = pax.format_records(records)
    # The extended header's own name is never used for extracting; it must only not be a surprise to an old tar.
    extended = ustar_block(b"PaxHeaders.0/" + name.rstrip(b"/")[-80:], size=len(data), type_=PAX)
    return extended + data + bytes(-len(data) % BLOCK) + block


def padding(size: int) -> bytes:
    """What follows `size` bytes of data to fill the last block."""
    return bytes(-size % BLOCK)


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """`name` as ustar's prefix (≤ 155) and name (≤ 100), cut at a slash; None when there is no such place."""
    if len(name) > 256:
        return None
    cut = name.rfind(b"/", 0, 156)
    while cut > 0:
        if len(name) - cut - 1 <= 100 and len(name) - cut - 1 > 0:
            return name[:cut], name[cut + 1 :]
        cut = name.rfind(b"/", 0, cut)
    return None
