"""Reading a container's log: the past as asked for, then, with `follow`, what comes until the container has ended.

The reader never blocks the writer: it only opens files. Rotation is noticed because the path then names another inode;
the file that was being read is first read to its end.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import IO, Any

from dockyard.engine.logs.entries import LogEntry, log_files, open_log, read_entries, tail_offset, time_ns
from dockyard.linux.inotify import IN_CREATE, IN_MODIFY, IN_MOVED_TO, Watch

BATCH_ENTRIES = 512
"""Entries read between two turns of the event loop."""


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What of a log is wanted. Times in nanoseconds since the epoch, 0 for no limit; `tail` -1 is everything."""

    stdout: bool = True
    stderr: bool = True
    follow: bool = False
    since_ns: int = 0
    until_ns: int = 0
    tail: int = -1

    def wants(self, entry: LogEntry) -> bool:
        """Whether stream and time of `entry` are asked for."""
        if not (self.stdout if entry.stream == "stdout" else self.stderr):
            return False
        if not (self.since_ns or self.until_ns):
            return True
        moment = time_ns(entry.time)
        return moment >= self.since_ns and (not self.until_ns or moment <= self.until_ns)


async def read_log(
    path: str, options: LogOptions, ended: "asyncio.Future[Any] | None"
) -> AsyncGenerator[LogEntry, None]:
    """The entries of the log at `path` that `options` ask for.

    With `follow`, goes on until `ended` is done and everything written before that has been given. No log: no entries.
    """
    if not os.path.exists(path):
        return
    files = log_files(path)
    current = open_log(path)
    try:
        for count, entry in enumerate(_past(files, current, options), 1):
            yield entry
            if count % BATCH_ENTRIES == 0:
                await asyncio.sleep(0)
        if options.follow and ended is not None:
            async with aclosing(_following(path, current, options, ended)) as following:
                async for entry in following:
                    yield entry
    finally:
        current.close()


def _past(files: list[str], current: IO[bytes], options: LogOptions) -> Iterator[LogEntry]:
    if options.tail == 0:
        current.seek(0, os.SEEK_END)
        return
    if options.tail > 0:
        yield from _tail(files, current, options)
        return
    for name in files[:-1]:
        with open_log(name) as file:
            yield from filter(options.wants, read_entries(file))
    yield from filter(options.wants, read_entries(current))


def _tail(files: list[str], current: IO[bytes], options: LogOptions) -> Iterator[LogEntry]:
    """The last `tail` wanted entries: the newest file first, older ones only while lines are missing."""
    if not (options.stdout and options.stderr) or options.since_ns or options.until_ns:
        # Only entries that pass the filter count, so offsets of lines say nothing.
        wanted = [entry for name in files[:-1] for entry in _whole(name) if options.wants(entry)]
        wanted.extend(filter(options.wants, read_entries(current)))
        yield from wanted[-options.tail :]
        return
    missing = options.tail
    offset, found = tail_offset(current, missing)
    missing -= found
    older: list[list[LogEntry]] = []
    for name in reversed(files[:-1]):
        if missing <= 0:
            break
        entries = list(_whole(name))[-missing:]
        missing -= len(entries)
        older.append(entries)
    for entries in reversed(older):
        yield from entries
    current.seek(offset)
    yield from read_entries(current)


def _whole(name: str) -> Iterator[LogEntry]:
    with open_log(name) as file:
        yield from read_entries(file)


async def _following(
    path: str, current: IO[bytes], options: LogOptions, ended: "asyncio.Future[Any]"
) -> AsyncGenerator[LogEntry, None]:
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    watch = Watch(os.path.dirname(path), IN_MODIFY | IN_CREATE | IN_MOVED_TO)

    def on_readable() -> None:
        watch.drain()
        changed.set()

    loop.add_reader(watch.fileno(), on_readable)

    def wake(_: object) -> None:
        changed.set()

    ended.add_done_callback(wake)
    file = current
    try:
        while True:
            changed.clear()
            finished = ended.done()
            for entry in read_entries(file):
                if options.until_ns and time_ns(entry.time) > options.until_ns:
                    return
                if options.wants(entry):
                    yield entry
            if (newer := _rotated(path, file)) is not None:
                if file is not current:
                    file.close()
                file = newer
                continue
            if finished:
                return
            await changed.wait()
    finally:
        ended.remove_done_callback(wake)
        loop.remove_reader(watch.fileno())
        watch.close()
        if file is not current:
            file.close()


def _rotated(path: str, file: IO[bytes]) -> IO[bytes] | None:
    """The new file at `path` when `file` has been rotated away and read to its end."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    mine = os.fstat(file.fileno())
    if (status.st_dev, status.st_ino) == (mine.st_dev, mine.st_ino):
        return None
    return open(path, "rb")
