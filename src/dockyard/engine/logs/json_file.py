"""Entries of json-file logs: each line is a JSON object with `log`, `stream`, `time`, and maybe `attrs`.

A last line without newline is one that is being written: it is left for the next read, never an error.
"""

import os
from collections.abc import Iterator
from typing import IO

import msgspec

from dockyard.engine.logs.entries import LogEntry

BLOCK_BYTES = 1 << 18


class _Line(msgspec.Struct, frozen=True):
    log: str = ""
    stream: str = "stdout"
    time: str = ""
    attrs: dict[str, str] | None = None


_DECODER = msgspec.json.Decoder(_Line)


def parse_line(raw: bytes) -> LogEntry | None:
    """The entry of one line of a log file; None for a damaged line, which readers skip."""
    try:
        line = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return LogEntry(line.stream, line.time, line.log.encode(errors="surrogatepass"), line.attrs)


class JsonFile:
    """The format; see `EntryFormat`."""

    @staticmethod
    def read(file: IO[bytes]) -> Iterator[LogEntry]:
        """See `EntryFormat`."""
        while True:
            raw = file.readline()
            if not raw.endswith(b"\n"):
                if raw:
                    file.seek(-len(raw), os.SEEK_CUR)
                return
            entry = parse_line(raw)
            if entry is not None:
                yield entry

    @staticmethod
    def tail_offset(file: IO[bytes], entries: int) -> tuple[int, int]:
        """See `EntryFormat`; reads backwards in blocks."""
        position = file.seek(0, os.SEEK_END)
        found = 0
        while position > 0:
            start = max(0, position - BLOCK_BYTES)
            file.seek(start)
            block = file.read(position - start)
            at = len(block)
            while (at := block.rfind(b"\n", 0, at)) >= 0:
                # The newline that ends line k from the end begins line k-1; the very last one begins nothing.
                if found == entries:
                    return start + at + 1, entries
                found += 1
            position = start
        return 0, found

    @staticmethod
    def count(file: IO[bytes]) -> int:
        """See `EntryFormat`."""
        lines = 0
        while block := file.read(BLOCK_BYTES):
            lines += block.count(b"\n")
        return lines
