"""Being told of kills for lack of memory, version 2: the file memory.events changes, which wakes pollers (POLLPRI)."""

import os
import select

from dockyard.cgroups.v2.memory import oom_kills
from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason


class OomWatchV2:
    """Watches the cgroup `directory`. SystemFailure when it can't be watched."""

    poll_events = select.POLLPRI

    def __init__(self, directory: str) -> None:
        self._directory = directory
        try:
            self._events = os.open(f"{directory}/memory.events", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SystemFailure(f"watch {directory}/memory.events: {reason(error)}") from error
        self._seen = oom_kills(directory)

    def fileno(self) -> int:
        """The open memory.events."""
        return self._events

    def happened(self) -> bool:
        """Whether there was one since the last call."""
        try:
            os.lseek(self._events, 0, os.SEEK_SET)
            os.read(self._events, 4096)  # only a reader of the present content is woken by the next
        except OSError:
            return False  # the cgroup is gone
        before, self._seen = self._seen, max(self._seen, oom_kills(self._directory))
        return self._seen > before

    def close(self) -> None:
        """Stop watching."""
        os.close(self._events)
