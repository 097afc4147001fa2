"""Leases: what is being used right now though no row refers to it yet, so that no sweep may take it.

A load registers layers one after another and only then the image that refers to them; a `rmi` in between must leave
them. Leases live in memory: after a kill nobody is using anything, and what wasn't finished is rubbish.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Lease:
    """One user's hold on some names."""

    def __init__(self, leases: "Leases") -> None:
        self._leases = leases
        self.names: list[str] = []

    def add(self, name: str) -> None:
        """Hold `name` until the lease ends."""
        self.names.append(name)
        self._leases.count(name, 1)

    def release(self) -> None:
        """Let everything go before the block ends: what was held may now be swept."""
        while self.names:
            self._leases.count(self.names.pop(), -1)


class Leases:
    """All leases of a store, for several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: Counter[str] = Counter()

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """A lease that ends with the block."""
        lease = Lease(self)
        try:
            yield lease
        finally:
            lease.release()

    @contextmanager
    def frozen(self) -> Iterator[set[str]]:
        """All names that somebody holds; during the block nobody can take or end a lease.

        A sweep reads what rows refer to and deletes rows inside the block. So whoever leases a name either does it
        before, and the sweep sees it, or afterwards, and then looks for the name and doesn't find it.
        """
        with self._lock:
            yield set(self._held)

    def count(self, name: str, step: int) -> None:
        """Add or drop one hold."""
        with self._lock:
            self._held[name] += step
            if self._held[name] <= 0:
                del self._held[name]
