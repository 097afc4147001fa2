"""One block of 512 bytes: the header of v7, ustar and GNU tar, read and written.

POSIX.1-2017, pax(1), "ustar Interchange Format"; GNU tar manual, "Basic Tar Format" (base-256 numbers, magic `ustar
`).
"""

from typing import NamedTuple

from dockyard.errors import InvalidParameter

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)

REGULAR, LINK, SYMLINK, CHARACTER, BLOCK_DEVICE, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
PAX, PAX_GLOBAL, GNU_LONG_NAME, GNU_LONG_LINK, GNU_SPARSE = b"x", b"g", b"L", b"K", b"S"
REGULAR_TYPES = frozenset((REGULAR, b"\0", b"7", GNU_SPARSE))
"""`\\0` is v7's regular file, `7` a contiguous one."""
NO_PAYLOAD = frozenset((LINK, SYMLINK, CHARACTER, BLOCK_DEVICE, DIRECTORY, FIFO))
"""Members whose size field doesn't announce data (except that some writers put a file's size on a hard link)."""


class Header(NamedTuple):
    """The fields of one block, as they stand there; pax records may replace them (reader.py)."""

    name: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    type: bytes
    link: bytes
    user: bytes
    group: bytes
    major: int
    minor: int
    is_gnu: bool


def parse_header(block: bytes) -> Header:
    """The header in `block` (512 bytes). Raises InvalidParameter when its checksum or a number is wrong."""
    magic = block[257:265]
    expected = number(block[148:156])
    # Some old writers summed signed chars; both are accepted, as POSIX advises.
    actual = sum(block) - sum(block[148:156]) + 256
    if actual != expected and _signed_sum(block) != expected:
        raise InvalidParameter("archive/tar: invalid tar header")
    is_gnu = magic == b"ustar  \0"
    is_ustar = magic[:5] == b"ustar"
    name = cstring(block[0:100])
    if is_ustar and not is_gnu and block[345]:
        name = cstring(block[345:500]) + b"/" + name
    kind = block[156:157]
    return Header(
        name=name,
        mode=number(block[100:108]),
        uid=number(block[108:116]),
        gid=number(block[116:124]),
        size=number(block[124:136]),
        mtime=number(block[136:148]),
        type=kind,
        link=cstring(block[157:257]),
        user=cstring(block[265:297]) if is_ustar else b"",
        group=cstring(block[297:329]) if is_ustar else b"",
        major=number(block[329:337]) if is_ustar and kind in (CHARACTER, BLOCK_DEVICE) else 0,
        minor=number(block[337:345]) if is_ustar and kind in (CHARACTER, BLOCK_DEVICE) else 0,
        is_gnu=is_gnu,
    )


def cstring(field: bytes) -> bytes:
    """A field up to its first NUL."""
    end = field.find(b"\0")
    return field if end < 0 else field[:end]


def number(field: bytes) -> int:
    """A numeric field: octal text, or GNU's base-256 with the first bit set (two's complement)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        if field[0] & 0x40:
            value -= 1 << (8 * len(field) - 1)
        return value
    text = field.split(b"\0", 1)[0].strip()
    if not text:
        return 0
    try:
        if not text.isdigit():
            raise ValueError
        return int(text, 8)
    except ValueError:
        raise InvalidParameter("archive/tar: invalid tar header") from None


def octal(value: int, width: int) -> bytes | None:
    """`value` as octal text in a field of `width` bytes with its closing NUL, or None when it doesn't fit."""
    if value < 0 or value >= 8 ** (width - 1):
        return None
    return b"%0*o\0" % (width - 1, value)


def ustar_block(
    name: bytes,
    *,
    prefix: bytes = b"",
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    size: int = 0,
    mtime: int = 0,
    type_: bytes = REGULAR,
    link: bytes = b"",
    user: bytes = b"",
    group: bytes = b"",
    major: int = 0,
    minor: int = 0,
) -> bytes:
    """A ustar header. The caller has put into pax records what doesn't fit; here such a number is written as zero."""
    block = b"".join(
        (
            name.ljust(100, b"\0"),
            octal(mode, 8) or b"0000000\0",
            octal(uid, 8) or b"0000000\0",
            octal(gid, 8) or b"0000000\0",
            octal(size, 12) or b"00000000000\0",
            octal(mtime, 12) or b"00000000000\0",
            b"        ",
            type_,
            link.ljust(100, b"\0"),
            b"ustar\x0000",
            user[:31].ljust(32, b"\0"),
            group[:31].ljust(32, b"\0"),
            octal(major, 8) or b"0000000\0",
            octal(minor, 8) or b"0000000\0",
            prefix.ljust(155, b"\0"),
            bytes(12),
        )
    )
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _signed_sum(block: bytes) -> int:
    total = 256
    for index, byte in enumerate(block):
        if not 148 <= index < 156:
            total += byte - 256 if byte > 127 else byte
    return total
