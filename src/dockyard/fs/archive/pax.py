"""pax extended headers: `length keyword=value\\n` records that replace or add to a header's fields.

POSIX.1-2017, pax(1), "pax Extended Header". `SCHILY.xattr.<name>` carries an extended attribute (star, GNU tar, Go).
"""

from dockyard.errors import InvalidParameter

XATTR = b"SCHILY.xattr."
LIMIT_BYTES = 1 << 20
"""The largest extended header that is read (Go's reader has the same limit): a hostile one can't fill the memory."""

Records = dict[bytes, bytes]


def parse_records(data: bytes) -> Records:
    """The records of one extended header, the last of a keyword winning. Raises InvalidParameter on a malformed one."""
    records: Records = {}
    position = 0
    end = len(data)
    while position < end:
        if data[position] == 0:  # some writers pad with NULs inside the size
            if data[position:].strip(b"\0"):
                raise _malformed()
            break
        space = data.find(b" ", position, position + 12)
        if space < 0 or not data[position:space].isdigit():
            raise _malformed()
        length = int(data[position:space])
        stop = position + length
        if stop > end or stop <= space + 1 or data[stop - 1] != 0x0A:
            raise _malformed()
        keyword, equals, value = data[space + 1 : stop - 1].partition(b"=")
        if not equals or not keyword:
            raise _malformed()
        if keyword.startswith((b"GNU.sparse.offset", b"GNU.sparse.numbytes")):
            # Format 0.0 repeats these two keywords, one pair for each segment; kept as one list (sparse.py).
            value = records[b"GNU.sparse.map"] + b"," + value if b"GNU.sparse.map" in records else value
            keyword = b"GNU.sparse.map"
        records[keyword] = value
        position = stop
    return records


def format_records(records: Records) -> bytes:
    """The bytes of an extended header with `records`, in their order."""
    return b"".join(_record(keyword, value) for keyword, value in records.items())


def nanoseconds(text: bytes) -> int:
    """A pax time (`1700000000.25`, maybe negative) in nanoseconds, exactly: a float would lose the last digits."""
    sign = -1 if text.startswith(b"-") else 1
    whole, _, fraction = text.lstrip(b"-").partition(b".")
    if not (whole or fraction) or (whole and not whole.isdigit()) or (fraction and not fraction.isdigit()):
        raise _malformed()
    return sign * (int(whole or b"0") * 1_000_000_000 + int(fraction[:9].ljust(9, b"0")))


def time_text(nanoseconds_: int) -> bytes:
    """The inverse of `nanoseconds`, without needless zeros."""
    sign = b"-" if nanoseconds_ < 0 else b""
    whole, fraction = divmod(abs(nanoseconds_), 1_000_000_000)
    if not fraction:
        return sign + b"%d" % whole
    return sign + b"%d.%s" % (whole, (b"%09d" % fraction).rstrip(b"0"))


def integer(text: bytes) -> int:
    """A decimal value of a record."""
    if not text.isdigit() or len(text) > 20:
        raise _malformed()
    return int(text)


def _record(keyword: bytes, value: bytes) -> bytes:
    rest = b" %s=%s\n" % (keyword, value)
    length = len(rest)
    while True:  # the length counts its own digits
        total = len(rest) + len(b"%d" % length)
        if total == length:
            return b"%d%s" % (length, rest)
        length = total


def _malformed() -> InvalidParameter:
    return InvalidParameter("archive/tar: invalid tar header")
