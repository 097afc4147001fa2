"""The pipes between a process without a terminal and its shim.

Docker's shim has named ones in its directory, through which dockerd reads. Here nobody but the shim does, so they need
no names; making three files takes longer than forking.

https://man7.org/linux/man-pages/man7/pipe.7.html
"""

import fcntl
import os
from contextlib import suppress
from typing import NamedTuple

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


def open_pipes(*, open_stdin: bool) -> Stdio:
    """Pipes; without `open_stdin` stdin is /dev/null.

    Raises:
        OSError: they can't be made; nothing is open then.
    """
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


def _open_null() -> int:
    return os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
