"""Network namespaces: make one, go in and come back (network_namespaces(7), setns(2)).

A network namespace is an attribute of a *thread*. A thread that has changed its own must never be lent to other work
before it is back, so the functions here that change it are for threads which belong to the caller; what ordinary code
needs is `NamespaceThread`: a thread of its own that does one errand after another inside a namespace and is thrown away
the moment its way back fails.

https://man7.org/linux/man-pages/man7/network_namespaces.7.html
"""

import os
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from dockyard.linux import namespaces

T = TypeVar("T")


def unshare() -> None:
    """Move the calling thread into a new, empty network namespace; its loopback is down.

    Raises:
        OSError: EPERM without CAP_SYS_ADMIN, ENOSPC past /proc/sys/user/max_net_namespaces.
    """
    namespaces.unshare(namespaces.CLONE_NEWNET)


def enter(namespace: int) -> None:
    """Move the calling thread into the network namespace behind the descriptor.

    Raises:
        OSError: EINVAL when it isn't one.
    """
    namespaces.setns(namespace, namespaces.CLONE_NEWNET)


def open_current() -> int:
    """A descriptor of the calling thread's network namespace; the namespace lives at least as long as it."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def write_sysctl(name: str, value: str) -> None:
    """Set a parameter under /proc/sys/net of the calling thread's namespace, `name` as "ipv4/ip_forward".

    Raises:
        OSError: the kernel has no such parameter (FileNotFoundError), or /proc/sys is read-only.
    """
    with open(f"/proc/sys/net/{name}", "w") as file:
        file.write(value)


class NamespaceThread:
    """A thread that runs errands inside network namespaces and waits outside of them, in the one of its maker.

    For several callers; one errand at a time.
    """

    def __init__(self, name: str) -> None:
        """Remember the network namespace of the caller as home; the thread starts with the first errand."""
        self._name = name
        self._home = open_current()
        self._turn = threading.Lock()
        self._errands: queue.SimpleQueue[_Errand | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(self, namespace: int | None, errand: Callable[[], T]) -> T:
        """Run `errand` inside the namespace behind the descriptor, in a new one if None; wait for its result.

        Raises:
            OSError: the namespace can't be entered or made.
            Exception: whatever the errand raises.
        """
        order = _Errand(namespace, errand)
        with self._turn:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._errands.put(order)
            order.done.acquire()
        if order.error is not None:
            raise order.error
        result: T = order.result
        return result

    def close(self) -> None:
        """End the thread and forget home. No errand may follow."""
        with self._turn:
            if self._thread is not None and self._thread.is_alive():
                self._errands.put(None)
                self._thread.join()
            os.close(self._home)

    def _work(self) -> None:
        while (order := self._errands.get()) is not None:
            try:
                if order.namespace is None:
                    unshare()
                else:
                    enter(order.namespace)
                order.result = order.errand()
            except BaseException as error:
                order.error = error
            try:
                enter(self._home)
            except OSError:
                return  # lost in a foreign namespace: `run` starts another thread
            finally:
                order.done.release()


class _Errand:
    """One order to the thread and its outcome."""

    __slots__ = ("done", "errand", "error", "namespace", "result")

    def __init__(self, namespace: int | None, errand: Callable[[], Any]) -> None:
        self.namespace = namespace
        self.errand = errand
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()
