"""Entries of Docker's `local` log format, read: protobuf messages between their lengths.

The shim writes them (`dockyard.shim.local_log`, where the format is drawn); `docker logs` and the forwarder read them.
A last entry that isn't whole is one that is being written: it is left for the next read, never an error.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/local/read.go
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, NamedTuple

LENGTH_BYTES = 4
MAX_ENTRY_BYTES = 1_000_000
"""Docker takes longer ones for damage."""

BLOCK_BYTES = 1 << 18


class Partial(NamedTuple):
    """Which piece of a line of more than 16 KiB an entry is: `ordinal` counts from 1."""

    id: str
    ordinal: int
    last: bool


class Entry(NamedTuple):
    """What a container said: `line` without its newline, `time_ns` since the epoch, `partial` for a piece of a line."""

    stream: str
    time_ns: int
    line: bytes
    partial: Partial | None = None
    attributes: dict[str, str] | None = None


class Damaged(Exception):
    """What is read isn't an entry."""


def read_entries(file: IO[bytes]) -> Iterator[Entry]:
    """The whole entries from the file's position on; the position is left before one that isn't whole.

    Raises Damaged where there is something else; the position is then at it.
    """
    for raw, end in raw_entries(file):
        try:
            yield decode(raw)
        except (IndexError, ValueError) as error:
            file.seek(end)
            raise Damaged(str(error)) from error


def raw_entries(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Each whole entry, undecoded, and the position of its end; the file's position is left at the last end."""
    position = file.tell()
    buffer = b""
    start = 0
    try:
        while True:
            size = int.from_bytes(buffer[start : start + LENGTH_BYTES], "big")
            end = start + size + 2 * LENGTH_BYTES
            if len(buffer) - start < LENGTH_BYTES or (end > len(buffer) and size <= MAX_ENTRY_BYTES):
                more = file.read(BLOCK_BYTES)
                if not more:
                    return
                buffer, start = buffer[start:] + more, 0
                continue
            if size > MAX_ENTRY_BYTES:
                raise Damaged(f"an entry of {size} bytes")
            start = end
            position += size + 2 * LENGTH_BYTES
            yield buffer[end - size - LENGTH_BYTES : end - LENGTH_BYTES], position
    finally:
        if not file.closed:
            file.seek(position)


def tail_offset(file: IO[bytes], entries: int) -> tuple[int, int]:
    """Where the last `entries` whole entries of a plain file begin, and how many there are from there.

    Goes backwards by the lengths that stand behind each entry; where they make no sense, because the file ends with
    a torn one, forwards from the beginning.
    """
    end = position = file.seek(0, os.SEEK_END)
    found = 0
    while position > 0 and (found < entries or position == end):
        start = -1
        if position >= 2 * LENGTH_BYTES:
            file.seek(position - LENGTH_BYTES)
            length = file.read(LENGTH_BYTES)
            start = position - int.from_bytes(length, "big") - 2 * LENGTH_BYTES
            file.seek(max(0, start))
        if start < 0 or file.read(LENGTH_BYTES) != length:
            return _tail_from_the_beginning(file, entries)
        if not entries:
            return end, 0
        position = start
        found += 1
    return position, found


def _tail_from_the_beginning(file: IO[bytes], entries: int) -> tuple[int, int]:
    count = _count(file)
    skipped = max(0, count - entries)
    file.seek(0)
    position = 0
    for _, (_, end) in zip(range(skipped), raw_entries(file), strict=False):
        position = end
    return position, count - skipped


def _count(file: IO[bytes]) -> int:
    """Whole entries up to the end or the first damage."""
    file.seek(0)
    count = 0
    with suppress(Damaged):
        for _ in raw_entries(file):
            count += 1
    return count


def decode(raw: bytes) -> Entry:
    """The entry of one protobuf message. IndexError or ValueError when it isn't one."""
    stream, time_ns, line = "", 0, b""
    partial: Partial | None = None
    attributes: dict[str, str] | None = None
    position, end = 0, len(raw)
    while position < end:
        key = raw[position]
        value, position = _varint(raw, position + 1)
        if key == 0x0A:
            stream = raw[position : position + value].decode()
        elif key == 0x10:
            time_ns = value
            continue
        elif key == 0x1A:
            line = raw[position : position + value]
        elif key == 0x2A:
            partial = _partial(raw[position : position + value])
        elif key == 0x32:
            name, text = _attribute(raw[position : position + value])
            attributes = {**(attributes or {}), name: text}
        elif key & 7 == 0:
            continue
        elif key & 7 != 2:
            raise ValueError(f"unknown wire type {key & 7}")
        position += value
    if position != end:
        raise ValueError("a field reaches beyond its entry")
    return Entry(stream, time_ns, line, partial, attributes)


def _varint(raw: bytes, position: int) -> tuple[int, int]:
    byte = raw[position]
    if byte < 0x80:
        return byte, position + 1
    number, shift = byte & 0x7F, 7
    while True:
        position += 1
        byte = raw[position]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position + 1
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _partial(raw: bytes) -> Partial:
    last, name, ordinal = False, "", 0
    position = 0
    while position < len(raw):
        key = raw[position]
        value, position = _varint(raw, position + 1)
        if key == 0x08:
            last = bool(value)
        elif key == 0x18:
            ordinal = value
        elif key & 7 == 2:
            if key == 0x12:
                name = raw[position : position + value].decode()
            position += value
    return Partial(name, ordinal, last)


def _attribute(raw: bytes) -> tuple[str, str]:
    name = text = ""
    position = 0
    while position < len(raw):
        key = raw[position]
        value, position = _varint(raw, position + 1)
        content = raw[position : position + value].decode("utf-8", "replace")
        if key == 0x0A:
            name = content
        elif key == 0x12:
            text = content
        position += value
    return name, text
