"""Where a request that may hijack its connection ends, and what belongs to the session begins.

It must be known before HTTP's parser sees the bytes: that would take what a client sends right behind its request for
the next one. A request may come in any pieces, so both its head and its body are followed over several reads.

    POST /v1.47/exec/<id>/start HTTP/1.1     the head: held back until it is whole, because its end says what follows
    ...
    {"Detach": false}                        the body: as long as the head says, or chunked
    ls -l                                    the session's

https://www.rfc-editor.org/rfc/rfc9112#section-6 (the body's length), #section-7.1 (chunked)
"""

import string
import sys

METHOD = b"POST "
LINE_LIMIT_BYTES = 1 << 12
_HEX_DIGITS = string.hexdigits.encode()
_LONGEST_SIZE = 8


class SizedBody:
    """A body of a known length."""

    __slots__ = ("_left",)

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def done(self) -> bool:
        """Whether all of it has come."""
        return not self._left

    def take(self, data: bytes) -> int:
        """How many bytes at the beginning of `data`, which follows what was given before, are the body's."""
        taken = min(self._left, len(data))
        self._left -= taken
        return taken


class ChunkedBody:
    """A body that says its length chunk by chunk. One that is malformed has no end: the parser will refuse it."""

    __slots__ = ("_last", "_left", "_line", "done")

    def __init__(self) -> None:
        self.done = False
        self._left = 0
        self._line = b""
        self._last = False

    def take(self, data: bytes) -> int:
        """As `SizedBody.take`."""
        position = 0
        while position < len(data) and not self.done:
            if self._left:
                taken = min(self._left, len(data) - position)
                self._left -= taken
                position += taken
                continue
            end = data.find(b"\n", position) + 1
            self._line += data[position : end or len(data)]
            position = end or len(data)
            if end:
                line, self._line = self._line.rstrip(b"\r\n"), b""
                self._end_line(line)
            elif len(self._line) > LINE_LIMIT_BYTES:
                self._left = sys.maxsize
        return position

    def _end_line(self, line: bytes) -> None:
        if self._last:  # trailers, up to an empty line
            self.done = not line
            return
        digits = line.partition(b";")[0].strip()
        if not 0 < len(digits) <= _LONGEST_SIZE or digits.strip(_HEX_DIGITS):
            self._left = sys.maxsize
            return
        size = int(digits, 16)
        self._last = not size
        self._left = size + len(b"\r\n") if size else 0


Body = SizedBody | ChunkedBody


def may_hijack(data: bytes) -> bool | None:
    """Whether a request that begins with `data` may hijack its connection; None while that can't be told."""
    if not data.startswith(METHOD):
        return None if METHOD.startswith(data) else False
    line, ended, _ = data.partition(b"\r\n")
    if b"/attach" in line or (b"/exec/" in line and b"/start" in line) or b"/session" in line or b"/grpc" in line:
        return True
    return False if ended else None


def end_of_head(data: bytes) -> tuple[int, Body] | None:
    """Where the head at the beginning of `data` ends, and what body follows; None while the head isn't whole."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = 0
    for header in data[:end].split(b"\r\n")[1:]:
        name, _, value = header.partition(b":")
        match name.strip().lower():
            case b"content-length" if value.strip().isdigit() and len(value.strip()) < len(str(sys.maxsize)):
                length = int(value)
            case b"transfer-encoding":
                return end + 4, ChunkedBody()
    return end + 4, SizedBody(length)
