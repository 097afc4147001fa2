"""The supervisor's loop: for every connection a fork, and nothing else.

The child reads the request and becomes what it asks for (`dockyard.supervisor.answer`): a shim, or something that ends
with its reply. The supervisor itself reads nothing, parses nothing and keeps nothing of a connection, so that a client
sees the end of its shim as the end of the connection; and it touches hardly any memory between two forks, because
each page that it changes is one that the child before it doesn't share any more.
"""

import os
import signal
import socket
from collections.abc import Callable
from typing import NoReturn

from dockyard.linux.process import set_child_subreaper
from dockyard.linux.signal_handlers import ignore, reset
from dockyard.shim.sockets import PACKETS

_SIGCHLD = int(signal.SIGCHLD)
_UNIX = int(socket.AF_UNIX)


def serve(listener: socket.socket, answer: Callable[[socket.socket], NoReturn]) -> NoReturn:
    """Fork for each connection; `answer` runs in the child, and owns the connection.

    Ends with a signal only. Children, and the processes of shims that were killed, are reaped by the kernel.
    """
    set_child_subreaper(True)
    ignore(_SIGCHLD)
    listener.setblocking(True)
    accept, fork, close = listener._accept, os.fork, os.close  # type: ignore[attr-defined]
    while True:
        descriptor, _ = accept()
        if fork() == 0:
            _become_child(listener, descriptor, answer)
        close(descriptor)


def _become_child(listener: socket.socket, descriptor: int, answer: Callable[[socket.socket], NoReturn]) -> NoReturn:
    try:
        listener.close()
        reset(_SIGCHLD)  # what is ignored stays so after execve
        answer(socket.socket(_UNIX, PACKETS, 0, descriptor))
    finally:
        os._exit(1)  # whatever happened: a child must never come back into the supervisor's loop
