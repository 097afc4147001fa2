"""The entries of Docker's json-file log: one JSON object a line, made in bulk.

    {"log":"hello\\n","stream":"stdout","time":"2026-11-24T08:00:00.123456789Z"}

Byte for byte what Docker writes: `<`, `>`, `&`, control characters, U+2028 and U+2029 as \\u escapes, each invalid byte
of UTF-8 as \\ufffd, `attrs` before `time`, and a time without trailing zeros. A whole read from the container is
escaped and cut at once, with one time stamp.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/jsonfilelog/jsonlog/jsonlogbytes.go
"""

import json
from collections.abc import Sequence
from io import BufferedIOBase
from time import gmtime

from dockyard.shim.log_lines import Region

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


class JsonFormat:
    """Makes and reads lines; see `dockyard.shim.container_log.Format`.

    Args:
        attributes: added to each line as `attrs`; None or empty for none.
    """

    def __init__(self, attributes: dict[str, str] | None) -> None:
        self._attributes = b""
        if attributes:
            encoded = json.dumps(attributes, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            self._attributes = b'"attrs":%s,' % encoded.encode("utf-8", "replace")

    def encode(self, stream: str, regions: Sequence[Region], time_ns: int) -> list[bytes]:
        """The lines of `regions`, in pieces that together are whole lines."""
        head = b'{"log":"'
        tail = b'","stream":"%s",%s"time":"%s"}\n' % (
            stream.encode("ascii"),
            self._attributes,
            rfc3339_nano(time_ns).encode("ascii"),
        )
        lines: list[bytes] = []
        for text, complete in regions:
            escaped = escape(text)
            if complete:
                escaped = escaped[:-1].replace(b"\n", b"\\n" + tail + head) + b"\\n"
            lines += (head, escaped, tail)
        return lines

    @staticmethod
    def cut(entries: bytes, start: int, at: int) -> int:
        """The end of the line at whose end, or behind it, is position `at`."""
        return entries.find(b"\n", max(start, at - 1)) + 1 or len(entries)

    @staticmethod
    def whole_bytes(file: BufferedIOBase, size: int) -> int:
        """How much of a file of `size` bytes are whole lines: a shim that was killed may have left a part of one."""
        end = size
        while end > 0:
            start = max(0, end - 65536)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            end = start
        return 0

    @staticmethod
    def read(file: BufferedIOBase) -> tuple[str, bytes] | None:
        """The next whole line's stream and text; None at the end. A damaged line has no text."""
        line = file.readline()
        if not line.endswith(b"\n"):
            return None
        try:
            entry = json.loads(line)
            return str(entry["stream"]), str(entry["log"]).encode("utf-8", "surrogatepass")
        except (ValueError, KeyError, TypeError):
            return "", b""
