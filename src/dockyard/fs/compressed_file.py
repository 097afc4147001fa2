"""Files of a log that are compressed once nothing more is written to them: `<path>.1` becomes `<path>.1.gz`.

A gzip file (RFC 1952) whose header has Docker's field, the time of the last entry, and one more: which file it was made
from. A reader that has the original open thus finds its place among the compressed ones.

    extra field   {"lastTime":"2026-11-24T08:00:00Z","origin":[device, inode, time of last change in ns, size]}

Log files are renamed while this goes on, so who renames holds a lock, on their directory; the compressor takes it only
to put the result in its place, under the name that the original has by then.

https://www.rfc-editor.org/rfc/rfc1952
https://github.com/moby/moby/blob/v28.5.2/daemon/logger/loggerutils/logfile.go (compressFile)
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

SUFFIX = ".gz"
UNFINISHED = ".compressing"
LOCK = ".compressor"

_HEADER = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff"
_HEADER_BYTES = len(_HEADER)
_BLOCK_BYTES = 1 << 16
_LEVEL = 6


class Origin(NamedTuple):
    """Which file it was, whatever its name, once nothing is written to it any more (stat(2)).

    Time and size, because the inode's number is used again when the file is gone.
    """

    device: int
    inode: int
    modified_ns: int
    size: int


@contextmanager
def renaming(path: str) -> Iterator[None]:
    """While the files of the log at `path` are renamed: nobody else does. OSError."""
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def origin_of(descriptor: int) -> Origin:
    """What an open file would be known by if it were compressed now."""
    status = os.fstat(descriptor)
    return Origin(status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)


def recorded_origin(descriptor: int) -> Origin | None:
    """Which file an open .gz file was made from; None where the header doesn't say it."""
    head = os.pread(descriptor, _HEADER_BYTES + 2, 0)
    if len(head) == _HEADER_BYTES + 2 and head[3] & 4:
        size = int.from_bytes(head[_HEADER_BYTES:], "little")
        with suppress(ValueError, KeyError, TypeError):
            device, inode, modified_ns, size_bytes = json.loads(os.pread(descriptor, size, _HEADER_BYTES + 2))["origin"]
            return Origin(int(device), int(inode), int(modified_ns), int(size_bytes))
    return None


def compress_rotated(path: str, max_files: int) -> None:
    """Compress the rotated files of the log at `path` that aren't yet; at once where somebody else is at it.

    Killed at any time, it leaves the originals as they were, and files that the next one takes over. OSError when the
    disk is full.
    """
    lock = _lock(path + LOCK)
    if lock is None:
        return
    try:
        while (original := _oldest_plain(path, max_files)) is not None:
            try:
                target = os.open(path + UNFINISHED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
                try:
                    _compress(original, target)
                finally:
                    os.close(target)
                _put_in_place(path, max_files, original)
            finally:
                os.close(original)
    finally:
        for name in (path + UNFINISHED, path + LOCK):
            with suppress(FileNotFoundError):
                os.unlink(name)
        os.close(lock)


def _lock(name: str) -> int | None:
    """The lock that lets one compressor of a log work; None when it is taken. It is unlinked by who holds it."""
    while True:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.stat(name)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except FileNotFoundError:
            os.close(descriptor)
            continue
        if (status.st_dev, status.st_ino) == origin_of(descriptor)[:2]:
            return descriptor
        os.close(descriptor)


def _oldest_plain(path: str, max_files: int) -> int | None:
    for number in range(max_files - 1, 0, -1):
        with suppress(FileNotFoundError):
            return os.open(f"{path}.{number}", os.O_RDONLY | os.O_CLOEXEC)
    return None


def _compress(original: int, target: int) -> None:
    import zlib  # only here: it costs pages, and few shims compress

    origin = origin_of(original)
    extra = json.dumps({"lastTime": _rfc3339(origin.modified_ns), "origin": origin}, separators=(",", ":")).encode()
    _write(target, _HEADER + len(extra).to_bytes(2, "little") + extra)
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    checksum = size = 0
    while block := os.read(original, _BLOCK_BYTES):
        checksum = zlib.crc32(block, checksum)
        size += len(block)
        _write(target, deflate.compress(block))
    _write(target, deflate.flush() + checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little"))


def _put_in_place(path: str, max_files: int, original: int) -> None:
    mine = origin_of(original)[:2]
    with renaming(path):
        for number in range(1, max_files):
            name = f"{path}.{number}"
            with suppress(FileNotFoundError):
                status = os.stat(name)
                if (status.st_dev, status.st_ino) == mine:
                    os.rename(path + UNFINISHED, name + SUFFIX)
                    os.unlink(name)
                    return


def _rfc3339(time_ns: int) -> str:
    from time import gmtime, strftime

    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds)) + f".{nanoseconds:09d}Z"


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
