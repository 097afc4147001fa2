"""The event loop of supervisor and shim: epoll, timers, and signals that wake it.

asyncio would cost 60 ms at start and several MB in each shim, and offers nothing for pipes, pseudo-terminals and
packets with descriptors. An error in a callback is reported and the loop goes on: whatever went wrong for one client,
the container must not lose its parent.

https://man7.org/linux/man-pages/man7/epoll.7.html
"""

import heapq
import os
import select
import time
from collections.abc import Callable

from dockyard.linux.signal_handlers import handle, reset, write_arrivals_to

READABLE = select.EPOLLIN
WRITABLE = select.EPOLLOUT
PEER_CLOSED = select.EPOLLRDHUP
HANGUP = select.EPOLLHUP
FAILED = select.EPOLLERR

Handler = Callable[[int], None]


class Timer:
    """A call that was put off; `cancel` makes it never happen."""

    __slots__ = ("callback", "due")

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """The call won't happen; harmless when it has."""
        self.callback = None

    def __lt__(self, other: "Timer") -> bool:
        return self.due < other.due


class Loop:
    """Calls handlers when descriptors are ready, times come, or signals arrive."""

    def __init__(self, on_error: Callable[[BaseException], None]) -> None:
        self._epoll = select.epoll(flags=select.EPOLL_CLOEXEC)
        self._handlers: dict[int, Handler] = {}
        self._timers: list[Timer] = []
        self._signal_handlers: dict[int, Callable[[], None]] = {}
        self._wakeup: tuple[int, int] | None = None
        self._on_error = on_error
        self._running = True

    def add(self, descriptor: int, events: int, handler: Handler) -> None:
        """Call `handler(ready events)` when `descriptor` becomes ready for `events`; HANGUP and FAILED always count."""
        self._epoll.register(descriptor, events)
        self._handlers[descriptor] = handler

    def change(self, descriptor: int, events: int) -> None:
        """Wait for other events on a descriptor that was added."""
        self._epoll.modify(descriptor, events)

    def remove(self, descriptor: int) -> None:
        """Forget a descriptor (before it is closed); harmless when it was never added."""
        if self._handlers.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call once, `seconds` from now; with 0 after the events that are being handled."""
        timer = Timer(time.monotonic() + seconds, callback)
        heapq.heappush(self._timers, timer)
        return timer

    def on_signal(self, number: int, callback: Callable[[], None]) -> None:
        """Call when signal `number` has arrived, once for any number of arrivals."""
        if self._wakeup is None:
            self._wakeup = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            write_arrivals_to(self._wakeup[1])
            self.add(self._wakeup[0], READABLE, self._on_wakeup)
        self._signal_handlers[number] = callback
        # A handler, because only a handled signal is written to the wakeup descriptor; it is reset by execve, which
        # an ignored signal is not.
        handle(number, _do_nothing)

    def _on_wakeup(self, _events: int) -> None:
        assert self._wakeup is not None
        arrived = set(os.read(self._wakeup[0], 512))
        for number in arrived:
            callback = self._signal_handlers.get(number)
            if callback is not None:
                callback()

    def run(self) -> None:
        """Handle events until `stop`."""
        while self._running:
            for descriptor, events in self._epoll.poll(self._patience()):
                handler = self._handlers.get(descriptor)
                if handler is None:
                    continue  # removed by a handler that ran before it in this round
                try:
                    handler(events)
                except Exception as error:
                    self._on_error(error)
            if self._timers:
                self._run_timers()

    def stop(self) -> None:
        """End `run` after the events that are being handled."""
        self._running = False

    def _patience(self) -> float:
        while self._timers and self._timers[0].callback is None:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0].due - time.monotonic()) if self._timers else -1

    def _run_timers(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0].due <= now:
            callback = heapq.heappop(self._timers).callback
            if callback is None:
                continue
            try:
                callback()
            except Exception as error:
                self._on_error(error)

    def close(self) -> None:
        """Give up everything: in a forked child, which starts a loop of its own."""
        if self._wakeup is not None:
            write_arrivals_to(-1)
            for number in self._signal_handlers:
                reset(number)
            os.close(self._wakeup[0])
            os.close(self._wakeup[1])
            self._wakeup = None
        self._handlers.clear()
        self._timers.clear()
        self._epoll.close()


def _do_nothing(_number: int, _frame: object) -> None:
    """The loop is woken by the descriptor; Python wants a handler."""
