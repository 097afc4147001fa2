"""Entries of json-file logs: the lines, their times, and the files they lie in.

A log is `<id>-json.log` plus its rotated predecessors `.1` (newest) to `.N`, plain or gzip'ed. Each line is a JSON
object with `log`, `stream` and `time` (RFC 3339 with nanoseconds), plus `attrs`. A last line without newline is one
that is being written: it is left for the next read, never an error.
"""

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast

import msgspec

BLOCK_BYTES = 1 << 18


class _Line(msgspec.Struct, frozen=True):
    log: str = ""
    stream: str = "stdout"
    time: str = ""
    attrs: dict[str, str] | None = None


_DECODER = msgspec.json.Decoder(_Line)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line (or piece of a long line) that a container wrote; `time` as in the file, `line` with its newline."""

    stream: str
    time: str
    line: bytes
    attributes: dict[str, str] | None = None


def parse_line(raw: bytes) -> LogEntry | None:
    """The entry of one line of a log file; None for a damaged line, which readers skip."""
    try:
        line = _DECODER.decode(raw)
    except msgspec.MsgspecError:
        return None
    return LogEntry(line.stream, line.time, line.log.encode(errors="surrogatepass"), line.attrs)


def time_ns(text: str) -> int:
    """RFC 3339 with up to nine decimals to nanoseconds since the epoch; 0 when it isn't one."""
    seconds, _, rest = text.partition(".")
    try:
        moment = datetime.fromisoformat(seconds.removesuffix("Z")).replace(tzinfo=UTC)
        fraction = rest.rstrip("Z")[:9].ljust(9, "0")
        return int(moment.timestamp()) * 1_000_000_000 + (int(fraction) if fraction.isdecimal() else 0)
    except ValueError:
        return 0


def log_files(path: str) -> list[str]:
    """The files of the log at `path`, oldest first, the present one last."""
    rotated = []
    number = 1
    while True:
        found = next((name for name in (f"{path}.{number}", f"{path}.{number}.gz") if os.path.exists(name)), None)
        if found is None:
            break
        rotated.append(found)
        number += 1
    return [*reversed(rotated), path]


def open_log(path: str) -> IO[bytes]:
    """The log file for reading, inflated if it is gzip'ed."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.endswith(".gz") else open(path, "rb")


def tail_offset(file: IO[bytes], lines: int) -> tuple[int, int]:
    """Where the last `lines` whole lines of a plain file begin, and how many there are from there (at most `lines`).

    Reads backwards in blocks, so that the cost follows the lines that are wanted and not the size of the log.
    """
    end = file.seek(0, os.SEEK_END)
    position, found = end, 0
    while position > 0:
        start = max(0, position - BLOCK_BYTES)
        file.seek(start)
        block = file.read(position - start)
        at = len(block)
        while (at := block.rfind(b"\n", 0, at)) >= 0:
            # The newline that ends line k from the end begins line k-1; the very last one begins nothing.
            if found == lines:
                return start + at + 1, lines
            found += 1
        position = start
    return 0, found


def read_entries(file: IO[bytes]) -> Iterator[LogEntry]:
    """The whole lines from the file's position on; the position is left before a line that has no end yet."""
    while True:
        position = file.tell()
        raw = file.readline()
        if not raw.endswith(b"\n"):
            file.seek(position)
            return
        entry = parse_line(raw)
        if entry is not None:
            yield entry
