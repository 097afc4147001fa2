"""One epoll and the thread that serves it.

Descriptors may be watched and dropped from any thread, callbacks run in the loop's. A callback may come once more
after its descriptor was dropped by another thread; it then finds a closed socket, which it must take for "nothing to
do".
"""

import logging
import os
import queue
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

_log: Final = logging.getLogger(__name__)

TICK_SECONDS: Final = 10.0

Callback = Callable[[int], None]
"""Is given the events of select.epoll."""


class HasDescriptor(Protocol):
    """A socket or the like."""

    def fileno(self) -> int:
        """Its descriptor, -1 when it is closed."""
        ...


class Loop:
    """Serves descriptors with callbacks until it is closed. The thread starts with the first descriptor."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._epoll = select.epoll()
        self._callbacks: dict[int, Callback] = {}
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._ticks: dict[int, Callable[[], None]] = {}
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._epoll.register(self._wake_read, select.EPOLLIN)
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, source: HasDescriptor, events: int, callback: Callback) -> None:
        """Call `callback` when the events happen; for one that is watched already, change events and callback."""
        descriptor = source.fileno()
        if descriptor in self._callbacks:
            self._callbacks[descriptor] = callback
            self._epoll.modify(descriptor, events)
        else:
            self._callbacks[descriptor] = callback
            self._epoll.register(descriptor, events)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="dockyard-proxy", daemon=True)
            self._thread.start()

    def drop(self, source: HasDescriptor) -> None:
        """Watch it no longer. To be called before it is closed."""
        descriptor = source.fileno()
        if self._callbacks.pop(descriptor, None) is not None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)

    def on_tick(self, owner: object, callback: Callable[[], None] | None) -> None:
        """Call `callback` every TICK_SECONDS or so, in the loop's thread; None ends that."""
        if callback is None:
            self._ticks.pop(id(owner), None)
        else:
            self._ticks[id(owner)] = callback

    def soon(self, order: Callable[[], None]) -> None:
        """Run `order` in the loop's thread."""
        self._orders.put(order)
        with suppress(BlockingIOError):
            os.write(self._wake_write, b"x")

    def close(self) -> None:
        """End the thread, after the orders that wait; a repeat does nothing."""
        if self._closed:
            return
        self._closed = True
        self.soon(lambda: None)
        if self._thread is not None:
            self._thread.join()
        self._epoll.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _work(self) -> None:
        while not self._closed:
            for descriptor, events in self._epoll.poll(TICK_SECONDS if self._ticks else None):
                if descriptor == self._wake_read:
                    os.read(self._wake_read, 4096)
                elif (callback := self._callbacks.get(descriptor)) is not None:
                    _guarded(lambda callback=callback, events=events: callback(events))  # type: ignore[misc]
            for tick in list(self._ticks.values()):
                _guarded(tick)
            while not self._orders.empty():
                _guarded(self._orders.get())


def _guarded(call: Callable[[], None]) -> None:
    """One client's misfortune must not end the service of the others."""
    try:
        call()
    except Exception:
        _log.exception("a proxied connection failed")
