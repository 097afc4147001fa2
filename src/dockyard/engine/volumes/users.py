"""Who uses a volume right now: the containers that run with it. A volume is mounted for the first and let go after the
last. In memory: after a restart of the daemon the running containers say it again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class VolumeUsers:
    """Users by volume, and a lock for each that is being mounted or let go."""

    def __init__(self) -> None:
        self._users: dict[str, set[str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}
        self._idle = asyncio.Condition()

    @asynccontextmanager
    async def changing(self, name: str) -> AsyncIterator[set[str]]:
        """The users of `name`, to be changed by nobody else within the block."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            async with lock:
                yield self._users.setdefault(name, set())
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name], self._locks[name]
                if not self._users.get(name):
                    self._users.pop(name, None)
                async with self._idle:
                    self._idle.notify_all()

    def add(self, name: str, user: str) -> None:
        """`user` has been using it since before this daemon began."""
        self._users.setdefault(name, set()).add(user)

    async def idle(self, name: str) -> None:
        """Returns when nobody uses it: a container that has gone may still be letting go."""
        async with self._idle:
            await self._idle.wait_for(lambda: not self.any(name) and name not in self._waiting)

    def any(self, name: str) -> bool:
        """Whether anybody uses it."""
        return bool(self._users.get(name))
