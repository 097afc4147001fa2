"""Reading a container's log: the past as asked for, then, with `follow`, what comes until the container has ended.

The reader never blocks the writer: it only opens files. Rotation is noticed because the path then names another file;
the one that was being read is first read to its end, then those that came after it. Whoever reads slowly holds files
open, and no memory.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from dockyard.engine.logs.entries import EntryFormat, LogEntry
from dockyard.engine.logs.files import LogFile, close_all, open_all, open_newer
from dockyard.linux.inotify import IN_CREATE, IN_MODIFY, IN_MOVED_TO, Watch

BATCH_ENTRIES = 512
"""Entries read between two turns of the event loop."""


LOOK_SECONDS = 0.2
"""Between two looks at a log whose changes can't be heard of."""


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What of a log is wanted. Times in nanoseconds since the epoch, 0 for no limit; `tail` -1 is everything."""

    stdout: bool = True
    stderr: bool = True
    follow: bool = False
    since_ns: int = 0
    until_ns: int = 0
    tail: int = -1


class _Window:
    """Decides entry by entry, as Docker does: times are looked at until the first one that isn't too early."""

    def __init__(self, options: LogOptions) -> None:
        self._options = options
        self._begun = not options.since_ns
        self.over = False

    def wants(self, entry: LogEntry) -> bool:
        """Whether `entry` is asked for; sets `over` when nothing more can be."""
        options = self._options
        if not self._begun or options.until_ns:
            moment = entry.time_ns
            if not self._begun:
                if moment < options.since_ns:
                    return False
                self._begun = True
            if options.until_ns and moment > options.until_ns:
                self.over = True
                return False
        return options.stdout if entry.stream == "stdout" else options.stderr


async def read_log(
    path: str, form: EntryFormat, options: LogOptions, ended: "asyncio.Future[Any] | None"
) -> AsyncGenerator[LogEntry, None]:
    """The entries of the log at `path`, whose files have the format `form`, that `options` ask for.

    With `follow`, goes on until `ended` is done and everything written before that has been given. No log: no entries.
    """
    files = open_all(path)
    try:
        if not files:
            return
        window = _Window(options)
        # Entries of compressed files must be counted, which takes as long as it takes.
        first, skipped = await asyncio.to_thread(_seek, files, form, options.tail)
        for count, entry in enumerate(_past(files[first:], form, skipped), 1):
            if window.wants(entry):
                yield entry
            if window.over:
                return
            if count % BATCH_ENTRIES == 0:
                await asyncio.sleep(0)
        if options.follow and ended is not None:
            current = files.pop()
            close_all(files)
            files = []
            async with aclosing(_following(path, current, form, window, ended)) as following:
                async for entry in following:
                    yield entry
    finally:
        close_all(files)


def _past(files: list[LogFile], form: EntryFormat, skipped: int) -> Iterator[LogEntry]:
    """The entries of `files` from where they are positioned on, but for the first `skipped`."""
    for number, one in enumerate(files):
        entries = form.read(one.file)
        for _ in range(skipped if number == 0 else 0):
            next(entries, None)
        yield from entries


def _seek(files: list[LogFile], form: EntryFormat, tail: int) -> tuple[int, int]:
    """Positions the files for the last `tail` entries, whatever stream and time they have; all when it is negative.

    Returns:
        The number of the first file with wanted entries, and how many are to be skipped in it.
    """
    if tail < 0:
        return 0, 0
    if tail == 0:
        newest = files[-1].file
        newest.seek(form.tail_offset(newest, 0)[0])
        return len(files) - 1, 0
    missing = tail
    for number in range(len(files) - 1, -1, -1):
        one = files[number]
        if one.compressed:
            found = form.count(one.file)
            one.file.seek(0)
        else:
            offset, found = form.tail_offset(one.file, missing)
            one.file.seek(offset)
        if found >= missing:
            return number, found - missing
        missing -= found
    return 0, 0


async def _following(
    path: str, current: LogFile, form: EntryFormat, window: _Window, ended: "asyncio.Future[Any]"
) -> AsyncGenerator[LogEntry, None]:
    changed = asyncio.Event()
    stop = _on_change(os.path.dirname(path), changed, ended)
    waiting = [current]
    try:
        while True:
            changed.clear()
            finished = ended.done()
            last = len(waiting) == 1
            was_newest = last and waiting[0].is_newest(path)
            for count, entry in enumerate(form.read(waiting[0].file), 1):
                if window.wants(entry):
                    yield entry
                if window.over:
                    return
                if count % BATCH_ENTRIES == 0:
                    await asyncio.sleep(0)
            # Only what had been renamed before it was read to its end is complete now.
            if was_newest:
                if finished:
                    return
                await changed.wait()
                continue
            if last:
                waiting += open_newer(path, waiting[0])
            if len(waiting) > 1:
                waiting.pop(0).file.close()
    finally:
        stop()
        close_all(waiting)


def _on_change(directory: str, changed: asyncio.Event, ended: "asyncio.Future[Any]") -> Callable[[], None]:
    """Sets `changed` whenever something happens in `directory`, and when `ended` is done; what is returned stops it."""
    loop = asyncio.get_running_loop()
    try:
        watch = Watch(directory, IN_MODIFY | IN_CREATE | IN_MOVED_TO)
    except OSError:
        # The container has been removed since its log was opened, which can still be read; or the user has no more
        # instances of inotify (fs.inotify.max_user_instances).
        return _now_and_then(changed)

    def on_readable() -> None:
        watch.drain()
        changed.set()

    def wake(_: object) -> None:
        changed.set()

    loop.add_reader(watch.fileno(), on_readable)
    ended.add_done_callback(wake)

    def stop() -> None:
        ended.remove_done_callback(wake)
        loop.remove_reader(watch.fileno())
        watch.close()

    return stop


def _now_and_then(changed: asyncio.Event) -> Callable[[], None]:
    """Sets `changed` again and again, for want of anybody who tells; what is returned stops it."""

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            changed.set()

    task = asyncio.ensure_future(look())

    def stop() -> None:
        task.cancel()

    return stop
