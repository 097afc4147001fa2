"""Docker's json-file log: one JSON object a line, written in bulk.

    {"log":"hello\\n","stream":"stdout","time":"2026-11-24T08:00:00.123456789Z"}

Byte for byte what Docker writes: `<`, `>`, `&`, control characters, U+2028 and U+2029 as \\u escapes, each invalid byte
of UTF-8 as \\ufffd, `attrs` before `time`, and a time without trailing zeros. A whole read from the container is
escaped, cut and written at once, with one time stamp.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/jsonfilelog/jsonlog/jsonlogbytes.go
"""

import json
from collections.abc import Callable
from time import gmtime

from dockyard.shim.log_lines import LineSplitter, Region
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.replay import Replay

# Backslash comes first: the others bring in new ones. Newlines stay, as the marks where lines end.
_ESCAPES = (
    (b"\\", b"\\\\"),
    (b'"', b'\\"'),
    (b"\r", b"\\r"),
    *((bytes((code,)), b"\\u%04x" % code) for code in (*range(0x20), *b"<>&") if code not in b"\n\r"),
)
_PLAIN = bytes(code for code in range(256) if bytes((code,)) not in dict(_ESCAPES))
_LINE_SEPARATORS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
# What the error handler `surrogateescape` makes of the bytes 0x80 to 0xff.
_INVALID = dict.fromkeys(range(0xDC80, 0xDD00), "\\ufffd")


def escape(text: bytes) -> bytes:
    """`text` as the inside of a JSON string, but for its newlines."""
    special = text.translate(None, _PLAIN)
    if special:
        for byte, escaped in _ESCAPES:
            if byte in special:
                text = text.replace(byte, escaped)
    if text.isascii():
        return text
    for character, escaped in _LINE_SEPARATORS:
        if character in text:
            text = text.replace(character, escaped)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        text = text.decode("utf-8", "surrogateescape").translate(_INVALID).encode("utf-8")
    return text


def rfc3339_nano(time_ns: int) -> str:
    """Nanoseconds since the epoch as Go's time.RFC3339Nano in UTC: fraction without trailing zeros."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    moment = gmtime(seconds)
    fraction = f".{nanoseconds:09d}".rstrip("0") if nanoseconds else ""
    return (
        f"{moment.tm_year:04d}-{moment.tm_mon:02d}-{moment.tm_mday:02d}"
        f"T{moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d}{fraction}Z"
    )


class JsonLog:
    """The log of one container: takes what its streams say, in any pieces, and writes whole lines.

    Args:
        file: where lines go.
        attributes: added to each line as `attrs`; None or empty for none.
        clock: nanoseconds since the epoch.
    """

    def __init__(self, file: RotatingFile, attributes: dict[str, str] | None, clock: Callable[[], int]) -> None:
        self._file = file
        self._clock = clock
        self._splitters: dict[str, LineSplitter] = {}
        self._attributes = b""
        if attributes:
            encoded = json.dumps(attributes, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            self._attributes = b'"attrs":%s,' % encoded.encode("utf-8", "replace")

    def write(self, stream: str, data: bytes) -> None:
        """Log what `stream` (stdout, stderr) said; an unfinished line waits for its end."""
        splitter = self._splitters.get(stream)
        if splitter is None:
            splitter = self._splitters[stream] = LineSplitter()
        self._write(stream, splitter.feed(data))

    def end(self, stream: str) -> None:
        """`stream` has ended: its unfinished line is logged as it is."""
        splitter = self._splitters.pop(stream, None)
        if splitter is not None:
            self._write(stream, splitter.end())

    def replay(self) -> Replay:
        """What has been written so far, file by file."""
        return Replay(self._file.path, self._file.max_files)

    def unfinished(self, stream: str) -> bytes:
        """What of `stream` isn't in the file yet."""
        splitter = self._splitters.get(stream)
        return splitter.pending if splitter is not None else b""

    def close(self) -> None:
        """Log what is unfinished and close the file."""
        for stream in tuple(self._splitters):
            self.end(stream)
        self._file.close()

    def _write(self, stream: str, regions: list[Region]) -> None:
        if not regions:
            return
        head = b'{"log":"'
        tail = b'","stream":"%s",%s"time":"%s"}\n' % (
            stream.encode("ascii"),
            self._attributes,
            rfc3339_nano(self._clock()).encode("ascii"),
        )
        lines: list[bytes] = []
        for text, complete in regions:
            escaped = escape(text)
            if complete:
                escaped = escaped[:-1].replace(b"\n", b"\\n" + tail + head) + b"\\n"
            lines += (head, escaped, tail)
        self._file.write(lines)
