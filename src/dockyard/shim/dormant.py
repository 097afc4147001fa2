"""The sleep of a shim whose container is quiet: nothing is parsed, nothing is set up, a few pages are touched.

Many containers say nothing for hours. Their shims need no streams, log or tables of requests; they need to notice that
a daemon or a client speaks, that there is output, or that a child has ended.
"""

import os
import select
import signal
from collections.abc import Iterable

from dockyard.linux.signal_handlers import handle, write_arrivals_to

_SIGCHLD = int(signal.SIGCHLD)
_EVENTS = select.EPOLLIN | select.EPOLLPRI | select.EPOLLRDHUP


def sleep_until_needed(descriptors: Iterable[int]) -> None:
    """Wait until one of `descriptors` is readable or hung up, or a child has ended."""
    arrivals, theirs = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    epoll = select.epoll()
    write_arrivals_to(theirs)
    handle(_SIGCHLD, _do_nothing)
    epoll.register(arrivals, select.EPOLLIN)
    for descriptor in descriptors:
        epoll.register(descriptor, _EVENTS)
    # Only now, with the handler in place: a child that ended before it gave no sign.
    if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        epoll.poll()
    write_arrivals_to(-1)
    epoll.close()
    os.close(arrivals)
    os.close(theirs)


def _do_nothing(_number: int, _frame: object) -> None:
    """Only a handled signal is written to the descriptor."""
