"""Stay with a process until it ends: pass its streams and every signal through, reap, and tell how it ended.

One poll loop over a pipe that signals write to, the process's pidfd, and both ends of each relay. No threads: a process
is forked from here.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Self

from dockyard.cmd.runc.relay import Relay

_NOT_CAUGHT: Final = frozenset(
    (
        signal.SIGKILL,
        signal.SIGSTOP,
        # Of this process alone: its faults and its pipes.
        signal.SIGPIPE,
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGABRT,
        signal.SIGURG,
    )
)

_DRAIN_SECONDS: Final = 0.5
"""How long output is waited for after the process, while one that it left behind keeps the stream open."""


class Signals:
    """Signals that arrive at this process, as bytes in a pipe. A context: handlers are as before after it."""

    def __enter__(self) -> Self:
        self.reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._handlers = {}
        for number in signal.valid_signals() - _NOT_CAUGHT:
            # Realtime signals below SIGRTMIN are the C library's own.
            with suppress(OSError, ValueError):
                self._handlers[number] = signal.signal(number, lambda _number, _frame: None)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(self, *unused: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self.reader)
        os.close(self._writer)

    def arrived(self) -> bytes:
        """The numbers of signals since the last call, a byte each."""
        try:
            return os.read(self.reader, 4096)
        except BlockingIOError:
            return b""


def attend(
    pid: int, pidfd: int, signals: Signals, relays: Sequence[Relay], window_changed: Callable[[], None] | None
) -> int:
    """Wait for the end of child `pid`.

    Args:
        pid, pidfd: the child; the descriptor stays open.
        signals: what is passed on to it.
        relays: its streams.
        window_changed: called for SIGWINCH, which then isn't passed on.

    Returns:
        Its exit code, or 128 and the number of the signal that ended it.
    """
    while True:
        _pump(relays, {signals.reader, pidfd}, timeout_seconds=None)
        for number in signals.arrived():
            if number == signal.SIGWINCH and window_changed is not None:
                window_changed()
            elif number != signal.SIGCHLD:  # of this process alone: an orphan has ended
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, number)
        code = _reap(pid)
        if code is not None:
            break
    # What it has written is in the pipe or terminal already; another writer may be there still.
    deadline = time.monotonic() + _DRAIN_SECONDS
    outgoing = [relay for relay in relays if relay.outgoing]
    while any(not relay.finished for relay in outgoing) and time.monotonic() < deadline:
        if not _pump(outgoing, set(), timeout_seconds=deadline - time.monotonic()):
            break
    return code


def _pump(relays: Sequence[Relay], others: set[int], timeout_seconds: float | None) -> bool:
    """Wait until something can be done, and do it for the relays; whether anything happened."""
    poll = select.poll()
    wanted: dict[int, int] = dict.fromkeys(others, select.POLLIN)
    for relay in relays:
        if relay.wants_to_read:
            wanted[relay.source] = wanted.get(relay.source, 0) | select.POLLIN
        if relay.wants_to_write:
            wanted[relay.sink] = wanted.get(relay.sink, 0) | select.POLLOUT
    for descriptor, mask in wanted.items():
        poll.register(descriptor, mask)
    ready = dict(poll.poll(None if timeout_seconds is None else max(0.0, timeout_seconds) * 1000))
    for relay in relays:
        if relay.wants_to_write and ready.get(relay.sink, 0):
            relay.write()
        if relay.wants_to_read and ready.get(relay.source, 0):
            relay.read()
    return bool(ready)


def _reap(pid: int) -> int | None:
    """Reap every child that has ended, as a subreaper must; the exit code of `pid` when it is among them."""
    code = None
    while True:
        try:
            reaped, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if reaped == 0:
            return code
        if reaped == pid:
            code = os.waitstatus_to_exitcode(status)
            code = 128 - code if code < 0 else code
