"""The supervisor's loop: for every connection a fork, and nothing else.

The child reads the request and becomes what it asks for (`dockyard.supervisor.answer`): a shim, or something that ends
with its reply. The supervisor itself reads nothing, parses nothing and keeps nothing of a connection, so that a client
sees the end of its shim as the end of the connection; and it touches hardly any memory between two forks, because
each page that it changes is one that the child before it doesn't share any more.
"""

import errno
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from dockyard.errors import SystemFailure, to_wire
from dockyard.linux.process import set_child_subreaper
from dockyard.linux.signal_handlers import ignore, reset
from dockyard.shim.sockets import PACKETS

_SIGCHLD = int(signal.SIGCHLD)
_UNIX = int(socket.AF_UNIX)

PAUSE_SECONDS = 0.1
"""After a shortage of descriptors, memory or processes: whoever waits stays in the backlog."""


def serve(
    listener: socket.socket, answer: Callable[[socket.socket], NoReturn], report: Callable[[BaseException], None]
) -> NoReturn:
    """Fork for each connection; `answer` runs in the child, and owns the connection.

    Ends with a signal only. Children, and the processes of shims that were killed, are reaped by the kernel. A shortage
    is told to `report`, once until it is over, and to who asked.
    """
    set_child_subreaper(True)
    ignore(_SIGCHLD)
    listener.setblocking(True)
    accept, fork, close = listener._accept, os.fork, os.close  # type: ignore[attr-defined]
    short = False
    while True:
        descriptor = -1
        try:
            descriptor, _ = accept()
            child = fork()
        except OSError as error:
            if descriptor >= 0:
                _refuse(descriptor, error)
            if error.errno != errno.ECONNABORTED:
                if not short:
                    report(error)
                short = True
                time.sleep(PAUSE_SECONDS)
            continue
        if child == 0:
            _become_child(listener, descriptor, answer)
        close(descriptor)
        short = False


def _refuse(descriptor: int, error: OSError) -> None:
    """Say that there is no process for what was asked, whatever that is, and hang up."""
    failure = to_wire(SystemFailure(f"the supervisor can't fork: {error.strerror}"))
    with suppress(OSError):
        os.write(descriptor, json.dumps({"seq": None, "error": failure}).encode())
    os.close(descriptor)


def _become_child(listener: socket.socket, descriptor: int, answer: Callable[[socket.socket], NoReturn]) -> NoReturn:
    try:
        listener.close()
        reset(_SIGCHLD)  # what is ignored stays so after execve
        answer(socket.socket(_UNIX, PACKETS, 0, descriptor))
    finally:
        os._exit(1)  # whatever happened: a child must never come back into the supervisor's loop
