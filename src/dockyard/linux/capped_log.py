"""The file that a program of ours writes its complaints to: whatever goes wrong for how long, it stays small.

The daemon opens it and hands it over as the program's stderr; both cut it, the daemon at the start, the program with
each line.
"""

import os
import stat
from contextlib import suppress
from typing import IO, Final

STDERR: Final = 2
LIMIT_BYTES: Final = 1 << 20


def open_log(path: str) -> IO[bytes]:
    """The file at `path`, made if it isn't there, to append to; cut. OSError."""
    file = open(path, "a+b")  # noqa: SIM115 - the caller's
    cut(file.fileno())
    return file


def cut(descriptor: int) -> None:
    """Leave the last half of `LIMIT_BYTES` of a file that is longer than that, open to read and append.

    Nothing happens to what is no file, as a terminal is.
    """
    with suppress(OSError):
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_size <= LIMIT_BYTES:
            return
        end = os.pread(descriptor, LIMIT_BYTES // 2, state.st_size - LIMIT_BYTES // 2)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, end[end.find(b"\n") + 1 :])
