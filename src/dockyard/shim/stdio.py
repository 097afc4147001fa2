"""The pipes between a process without a terminal and its shim.

The container's own are FIFOs in the shim's directory, so that `lsof` and `ls` show what they are; an exec's have no
name.

https://man7.org/linux/man-pages/man7/pipe.7.html, https://man7.org/linux/man-pages/man7/fifo.7.html
"""

import fcntl
import os
from contextlib import suppress
from typing import NamedTuple

from dockyard.shim.streams import Streams

OUTPUT_PIPE_BYTES = 1024 * 1024
"""Sixteen times the default: fewer, longer reads when there is much output. Pages are taken as they are filled."""


class Ends(NamedTuple):
    """Three descriptors: stdin, stdout, stderr; -1 where there is none."""

    stdin: int
    stdout: int
    stderr: int

    def close(self) -> None:
        """Close them."""
        for descriptor in self:
            if descriptor >= 0:
                os.close(descriptor)


class Stdio(NamedTuple):
    """Both ends: `theirs` for the process, `ours` for the shim; all close-on-exec."""

    theirs: Ends
    ours: Ends

    def close(self) -> None:
        """Close all."""
        self.theirs.close()
        self.ours.close()

    def connect(self, streams: Streams) -> None:
        """Hand our ends over to `streams`."""
        if self.ours.stdin >= 0:
            streams.set_input(self.ours.stdin)
        streams.add_output("stdout", self.ours.stdout)
        streams.add_output("stderr", self.ours.stderr)


def named_pipes(directory: str, *, open_stdin: bool) -> Stdio:
    """FIFOs `init-stdin`, `init-stdout`, `init-stderr` in `directory`; without `open_stdin`, stdin is /dev/null.

    Raises:
        OSError: they can't be made; nothing is open then.
    """
    pairs = []
    try:
        pairs.append(_fifo(f"{directory}/init-stdin") if open_stdin else (_open_null(), -1))
        pairs.append(_fifo(f"{directory}/init-stdout"))
        pairs.append(_fifo(f"{directory}/init-stderr"))
    except BaseException:
        for pair in pairs:
            Ends(*pair, -1).close()
        raise
    return _arrange(pairs)


def anonymous_pipes(*, open_stdin: bool) -> Stdio:
    """Pipes; without `open_stdin` stdin is /dev/null. OSError."""
    pairs = []
    try:
        pairs.append(os.pipe2(os.O_CLOEXEC) if open_stdin else (_open_null(), -1))
        pairs.append(os.pipe2(os.O_CLOEXEC))
        pairs.append(os.pipe2(os.O_CLOEXEC))
    except BaseException:
        for pair in pairs:
            Ends(*pair, -1).close()
        raise
    return _arrange(pairs)


def no_stdio() -> Ends:
    """/dev/null three times: a detached exec. OSError."""
    return Ends(_open_null(), _open_null(), _open_null())


def _arrange(pairs: list[tuple[int, int]]) -> Stdio:
    """`pairs` are (read end, write end) of stdin, stdout, stderr."""
    (stdin_read, stdin_write), (stdout_read, stdout_write), (stderr_read, stderr_write) = pairs
    for descriptor in (stdout_read, stderr_read):
        with suppress(OSError):  # EPERM: more than /proc/sys/fs/pipe-user-pages-soft
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, OUTPUT_PIPE_BYTES)
    return Stdio(Ends(stdin_read, stdout_write, stderr_write), Ends(stdin_write, stdout_read, stderr_read))


def _fifo(path: str) -> tuple[int, int]:
    os.mkfifo(path, 0o600)
    # Non-blocking only while opening: neither end is there yet. The flag belongs to each end alone.
    read = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        write = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except BaseException:
        os.close(read)
        raise
    os.set_blocking(read, True)
    return read, write


def _open_null() -> int:
    return os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
