"""Sparse members: which parts of a file an archive really holds.

Four encodings are in use: the old GNU header `S`, and GNU's pax formats 0.0, 0.1 and 1.0 (GNU tar manual, "Storing
Sparse Files"). Each ends up as a tuple of segments (offset, length), in order, without overlap, inside the real size.
"""

from dockyard.errors import InvalidParameter
from dockyard.fs.archive.header import BLOCK, number
from dockyard.fs.archive.source import Source

Segments = tuple[tuple[int, int], ...]

_MAP_LIMIT = 1 << 20


def old_gnu_map(block: bytes, source: Source) -> tuple[Segments, int, bytes]:
    """The map of an `S` header: segments, real size, and the extension blocks that were read for it."""
    pairs = _pairs(block[386:482])
    extension, raw = block[482], b""
    while extension:
        more = source.take(BLOCK)
        if len(more) < BLOCK or len(raw) > _MAP_LIMIT:
            raise _malformed()
        raw += more
        pairs += _pairs(more[:504])
        extension = more[504]
    return checked(pairs, number(block[483:495])), number(block[483:495]), raw


def listed_map(text: bytes, real_size: int) -> Segments:
    """The map of formats 0.0 and 0.1: `offset,length,offset,length…`."""
    numbers = text.split(b",") if text else []
    if len(numbers) % 2 or not all(part.isdigit() for part in numbers):
        raise _malformed()
    return checked([(int(a), int(b)) for a, b in zip(numbers[::2], numbers[1::2], strict=True)], real_size)


def leading_map(source: Source, real_size: int) -> tuple[Segments, bytes]:
    """The map of format 1.0, which stands in front of the data as decimal lines padded to whole blocks."""
    raw = b""
    while True:
        block = source.take(BLOCK)
        raw += block
        if len(block) < BLOCK or len(raw) > _MAP_LIMIT:
            raise _malformed()
        lines = raw.split(b"\n")
        if not lines[0].isdigit():
            if len(lines) > 1 or len(lines[0]) > 20:
                raise _malformed()
            continue
        count = int(lines[0])
        if count > _MAP_LIMIT // 4:
            raise _malformed()
        if len(lines) > 2 * count + 1:
            break
    numbers = lines[1 : 2 * count + 1]
    if not all(part.isdigit() for part in numbers):
        raise _malformed()
    pairs = [(int(a), int(b)) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    return checked(pairs, real_size), raw


def checked(pairs: list[tuple[int, int]], real_size: int) -> Segments:
    """`pairs` as segments; raises InvalidParameter when they overlap, go backwards or leave the file."""
    position = 0
    for offset, length in pairs:
        if offset < position or length < 0 or offset + length > real_size:
            raise _malformed()
        position = offset + length
    return tuple((offset, length) for offset, length in pairs if length)


def _pairs(data: bytes) -> list[tuple[int, int]]:
    found = []
    for start in range(0, len(data) - 23, 24):
        if data[start] == 0:
            break
        found.append((number(data[start : start + 12]), number(data[start + 12 : start + 24])))
    return found


def _malformed() -> InvalidParameter:
    return InvalidParameter("archive/tar: invalid sparse map")
