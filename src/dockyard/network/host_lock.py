"""A lock among all engines of a host, for choosing what must be unique there: names of links, subnets.

flock(2) on a file that only root can open, so that nobody else can hold it; it goes with the process, so that a killed
engine never leaves it locked. The empty file stays.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dockyard.errors import DeadlineExceeded, SystemFailure

_PATH: Final = "/run/dockyard-network.lock"
_POLL_SECONDS: Final = 0.01


@contextmanager
def host_lock(path: str = _PATH, timeout_seconds: float = 10.0) -> Iterator[None]:
    """Hold the lock.

    Raises:
        DeadlineExceeded: another engine holds it for longer than `timeout_seconds`.
        SystemFailure: the file can't be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise SystemFailure(f"open {path}: {error.strerror}") from error
    deadline = time.monotonic() + timeout_seconds
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise DeadlineExceeded(f"another engine holds {path}") from error
                time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)
