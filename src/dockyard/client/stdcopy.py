"""The frames of an attached stream without a terminal: which bytes are stdout's, which stderr's.

A frame is eight bytes of head (stream 1 or 2, three zeros, length as 32 bits, big end first) and that many bytes
(Engine API, "Attach to a container", Stream format).
"""

from __future__ import annotations

from dockyard.errors import DataLoss

STDIN, STDOUT, STDERR, SYSTEM_ERROR = 0, 1, 2, 3
_HEAD = 8


class Demultiplexer:
    """Bytes in, `(stream, bytes)` out; a payload is passed on as it comes, so that no frame has to fit into memory."""

    __slots__ = ("_head", "_left", "_stream")

    def __init__(self) -> None:
        self._head = b""
        self._left = 0
        self._stream = STDOUT

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The payloads in `data`, in order. Raises DataLoss when a head names no stream."""
        found = []
        start = 0
        while start < len(data):
            if self._left:
                piece = data[start : start + self._left]
                found.append((self._stream, piece))
                start += len(piece)
                self._left -= len(piece)
                continue
            wanted = _HEAD - len(self._head)
            self._head += data[start : start + wanted]
            start += wanted
            if len(self._head) == _HEAD:
                self._stream = self._head[0]
                if self._stream > SYSTEM_ERROR:
                    raise DataLoss(f"Unrecognized input header: {self._stream}")
                self._left = int.from_bytes(self._head[4:], "big")
                self._head = b""
        return found
