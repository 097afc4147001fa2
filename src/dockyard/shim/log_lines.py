"""What a container writes, cut into log lines as Docker cuts it.

A line with its newline has at most 16 KiB; of a longer one each 16 KiB become a log line of their own, without
newline, and so does an unfinished line at the end of the stream. Lines come out in regions of many, because a Python
call for each would cost more than all the rest.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/copier.go (defaultBufSize)
"""

from typing import NamedTuple

MAX_LINE_BYTES = 16 * 1024

# First bytes of UTF-8 sequences of two, three and four bytes (Unicode 15, table 3-7).
_SEQUENCE_BYTES = {**dict.fromkeys(range(0xC2, 0xE0), 2), **dict.fromkeys(range(0xE0, 0xF0), 3)} | dict.fromkeys(
    range(0xF0, 0xF5), 4
)


class Region(NamedTuple):
    """Whole lines, each ended by a newline; or, when not `complete`, a piece of one line without its newline."""

    text: bytes
    complete: bool


class LineSplitter:
    """Cuts one stream; keeps the unfinished line, which is shorter than 16 KiB, from one call to the next."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = b""

    @property
    def pending(self) -> bytes:
        """The unfinished line."""
        return self._pending

    def feed(self, data: bytes) -> list[Region]:
        """The regions that `data` completes, in order."""
        if self._pending:
            data = self._pending + data
        regions = []
        start = position = 0
        while len(data) - position >= MAX_LINE_BYTES:
            newline = data.rfind(b"\n", position, position + MAX_LINE_BYTES)
            if newline >= 0:
                position = newline + 1
                continue
            if position > start:
                regions.append(Region(data[start:position], True))
            start = position
            position = _character_boundary(data, start, start + MAX_LINE_BYTES)
            regions.append(Region(data[start:position], False))
            start = position
        position = max(position, data.rfind(b"\n", position) + 1)
        if position > start:
            regions.append(Region(data[start:position], True))
        self._pending = data[position:]
        return regions

    def end(self) -> list[Region]:
        """The stream has ended: the unfinished line, if there is one."""
        pending, self._pending = self._pending, b""
        return [Region(pending, False)] if pending else []


def _character_boundary(data: bytes, start: int, end: int) -> int:
    """`end`, or a little less where a UTF-8 sequence would be cut; Docker cuts it, and logs U+FFFD for each half."""
    for position in range(end - 1, max(start, end - 4), -1):
        byte = data[position]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            return position if position + _SEQUENCE_BYTES.get(byte, 1) > end else end
    return end
