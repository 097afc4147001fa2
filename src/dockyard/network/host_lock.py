"""A lock among all engines of a host (more exactly: of a network namespace), for choosing what must be unique there.

It is the name of an abstract Unix socket: such names belong to a network namespace, as links and routes do, and go with
their process, so that a killed engine never leaves it locked (unix(7), "Abstract sockets").
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dockyard.errors import DeadlineExceeded

_NAME: Final = "\0dockyard-network"
_POLL_SECONDS: Final = 0.01


@contextmanager
def host_lock(timeout_seconds: float = 10.0) -> Iterator[None]:
    """Hold the lock.

    Raises:
        DeadlineExceeded: another engine holds it for longer than `timeout_seconds`.
    """
    deadline = time.monotonic() + timeout_seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as name:
        while True:
            try:
                name.bind(_NAME)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise DeadlineExceeded("another engine holds the lock for choosing networks") from error
                time.sleep(_POLL_SECONDS)
        yield
