"""The entries of Docker's `local` log: protobuf messages between their lengths, made in bulk.

    length (4 bytes, big endian)  LogEntry  length again

    message LogEntry                { string source = 1; int64 time_nano = 2; bytes line = 3; bool partial = 4;
                                      PartialLogEntryMetadata partial_log_metadata = 5; repeated LogAttr attrs = 6; }
    message PartialLogEntryMetadata { bool last = 1; string id = 2; int32 ordinal = 3; }
    message LogAttr                 { string key = 1; string value = 2; }

A line is without its newline, and what is zero or empty isn't written (proto3). The length at the end lets a reader go
backwards. Lines of more than 16 KiB become several entries with one id, numbered, of which one is the last. Docker's
own daemon reads these files.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/local/local.go
https://protobuf.dev/programming-guides/encoding/
"""

import os
from collections.abc import Sequence
from io import BufferedIOBase
from typing import NamedTuple

from dockyard.shim.log_lines import Region

LENGTH_BYTES = 4
MAX_ENTRY_BYTES = 1_000_000
"""Docker refuses to read longer ones."""

PARTIAL_ID_BYTES = 32
CHUNK_BYTES = 32 * 1024


class _Partial(NamedTuple):
    """A line that has been cut: the id of its pieces, the number of the next one, and when it began."""

    id: bytes
    ordinal: int
    time_ns: int


class LocalFormat:
    """Makes and reads entries; see `dockyard.shim.container_log.Format`.

    Args:
        attributes: added to each entry; None or empty for none.
    """

    def __init__(self, attributes: dict[str, str] | None) -> None:
        self._attributes = b"".join(
            _field(6, _text(1, key) + _text(2, value)) for key, value in sorted((attributes or {}).items())
        )
        self._partials: dict[str, _Partial] = {}

    def encode(self, stream: str, regions: Sequence[Region], time_ns: int) -> list[bytes]:
        """The entries of `regions`, in pieces that together are whole entries."""
        front = _field(1, stream.encode("ascii")) + b"\x10" + varint(time_ns)
        frames: dict[int, tuple[bytes, bytes]] = {}
        pieces: list[bytes] = []
        for text, complete in regions:
            if not complete:
                pieces.append(self._partial(stream, text, time_ns, last=False))
                continue
            start = 0
            if stream in self._partials:
                start = text.index(b"\n") + 1
                pieces.append(self._partial(stream, text[: start - 1], time_ns, last=True))
            while start < len(text):
                # Not all lines at once: what a shim has needed for a moment isn't all given back.
                end = text.rfind(b"\n", start, start + CHUNK_BYTES) + 1 or text.index(b"\n", start) + 1
                pieces.append(self._entries(text[start : end - 1], front, frames))
                start = end
        return pieces

    def _entries(self, text: bytes, front: bytes, frames: dict[int, tuple[bytes, bytes]]) -> bytes:
        """Entries of lines with newlines between them."""
        pieces: list[bytes] = []
        for line in text.split(b"\n"):
            size = len(line)
            frame = frames.get(size)
            if frame is None:
                frame = frames[size] = self._frame(front, size)
            pieces += (frame[0], line, frame[1])
        return b"".join(pieces)

    def _frame(self, front: bytes, size: int) -> tuple[bytes, bytes]:
        """What stands before and after a line of `size` bytes."""
        key = b"\x1a" + varint(size) if size else b""
        length = (len(front) + len(key) + size + len(self._attributes)).to_bytes(LENGTH_BYTES, "big")
        return length + front + key, self._attributes + length

    def _partial(self, stream: str, line: bytes, time_ns: int, *, last: bool) -> bytes:
        partial = self._partials.pop(stream, None)
        if partial is None:
            partial = _Partial(os.urandom(PARTIAL_ID_BYTES).hex().encode(), 1, time_ns)
        if not last:
            self._partials[stream] = partial._replace(ordinal=partial.ordinal + 1)
        metadata = (b"\x08\x01" if last else b"") + _field(2, partial.id) + b"\x18" + varint(partial.ordinal)
        entry = b"".join(
            (
                _field(1, stream.encode("ascii")),
                b"\x10" + varint(partial.time_ns),
                _field(3, line) if line else b"",
                b"\x20\x01",
                _field(5, metadata),
                self._attributes,
            )
        )
        length = len(entry).to_bytes(LENGTH_BYTES, "big")
        return length + entry + length

    @staticmethod
    def cut(entries: bytes, start: int, at: int) -> int:
        """The end of the entry at whose end, or behind it, is position `at`; `start` is where an entry begins."""
        while start < at and start < len(entries):
            start += int.from_bytes(entries[start : start + LENGTH_BYTES], "big") + 2 * LENGTH_BYTES
        return start

    @staticmethod
    def whole_bytes(file: BufferedIOBase, size: int) -> int:
        """How much of a file of `size` bytes are whole entries: a shim that was killed may have left a part of one."""
        if size >= 2 * LENGTH_BYTES:
            file.seek(size - LENGTH_BYTES)
            length = file.read(LENGTH_BYTES)
            start = size - int.from_bytes(length, "big") - 2 * LENGTH_BYTES
            if start >= 0:
                file.seek(start)
                if file.read(LENGTH_BYTES) == length:
                    return size
        whole = 0
        file.seek(0)
        while len(length := file.read(LENGTH_BYTES)) == LENGTH_BYTES:
            end = whole + int.from_bytes(length, "big") + 2 * LENGTH_BYTES
            if end > size:
                break
            whole = end
            file.seek(whole)
        return whole

    @staticmethod
    def read(file: BufferedIOBase) -> tuple[str, bytes] | None:
        """The next whole entry's stream and text, with its newline; None at the end."""
        length = file.read(LENGTH_BYTES)
        size = int.from_bytes(length, "big")
        if len(length) < LENGTH_BYTES or size > MAX_ENTRY_BYTES:
            return None
        entry = file.read(size + LENGTH_BYTES)
        if len(entry) < size + LENGTH_BYTES:
            return None
        return _decode(entry[:size])


def varint(number: int) -> bytes:
    """A non-negative number in protobuf's variable length."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, value: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _field(number, value.encode("utf-8", "replace")) if value else b""


def _decode(entry: bytes) -> tuple[str, bytes]:
    """Stream and text; only the fields that come before the line, and whether a newline belongs to it."""
    stream, line, ended = "", b"", True
    position = 0
    while position < len(entry):
        key, position = _varint(entry, position)
        value, position = _varint(entry, position)
        if key & 7 != 2:
            continue
        content = entry[position : position + value]
        position += value
        if key >> 3 == 1:
            stream = content.decode("utf-8", "replace")
        elif key >> 3 == 3:
            line = content
        elif key >> 3 == 5:
            ended = content.startswith(b"\x08\x01")
    return stream, line + b"\n" if ended else line


def _varint(entry: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while position < len(entry):
        byte = entry[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return number, position
