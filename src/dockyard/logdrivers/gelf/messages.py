"""GELF messages, as bytes: JSON, compressed and cut into chunks for UDP, ended by a null byte for TCP.

    chunk   1e 0f  id (8 bytes)  number  count   part of the compressed message

https://go2docs.graylog.org/current/getting_in_log_data/gelf.html
"""

import gzip
import os
import zlib
from collections.abc import Mapping

import msgspec

from dockyard.logdrivers.local_entries import Entry

CHUNK_BYTES = 1420
"""A datagram's size in all, as Docker's library has it: what fits into an Ethernet frame."""

MAX_CHUNKS = 128
CHUNK_MAGIC = b"\x1e\x0f"
_HEAD_BYTES = 12
ERROR, INFORMATIONAL = 3, 6


def gelf_json(entry: Entry, hostname: str, extra: Mapping[str, str]) -> bytes:
    """The message of one entry; `extra` are its additional fields, with their underscores."""
    message = {
        "version": "1.1",
        "host": hostname,
        "short_message": entry.line.decode("utf-8", "replace"),
        "timestamp": entry.time_ns // 1_000_000 / 1000,
        "level": ERROR if entry.stream == "stderr" else INFORMATIONAL,
        **extra,
    }
    return msgspec.json.encode(message)


def compressed(message: bytes, compression: str, level: int) -> bytes:
    """`message` by `compression` (gzip, zlib, none)."""
    if compression == "gzip":
        return gzip.compress(message, 6 if level < 0 else level, mtime=0)
    return zlib.compress(message, level) if compression == "zlib" else message


def datagrams(message: bytes) -> list[bytes]:
    """`message` in as many datagrams as it needs; none when it needs more than a receiver takes."""
    if len(message) <= CHUNK_BYTES:
        return [message]
    size = CHUNK_BYTES - _HEAD_BYTES
    count = -(-len(message) // size)
    if count > MAX_CHUNKS:
        return []
    head = CHUNK_MAGIC + os.urandom(8)
    return [head + bytes((number, count)) + message[number * size : (number + 1) * size] for number in range(count)]
