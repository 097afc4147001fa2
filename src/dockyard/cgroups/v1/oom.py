"""Being told of kills for lack of memory, version 1: memory.rst "OOM Control", through an eventfd."""

import os
import select

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason


class OomWatchV1:
    """Watches the memory cgroup `directory`. SystemFailure when it can't be watched."""

    poll_events = select.POLLIN

    def __init__(self, directory: str) -> None:
        self._directory = directory
        try:
            self._event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
            try:
                control = os.open(f"{directory}/memory.oom_control", os.O_RDONLY | os.O_CLOEXEC)
                try:
                    self._register(f"{self._event} {control}")
                finally:
                    os.close(control)  # the kernel keeps what it needs
            except OSError:
                os.close(self._event)
                raise
        except OSError as error:
            raise SystemFailure(f"watch {directory}/memory.oom_control: {reason(error)}") from error

    def _register(self, line: str) -> None:
        descriptor = os.open(f"{self._directory}/cgroup.event_control", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    def fileno(self) -> int:
        """The eventfd."""
        return self._event

    def happened(self) -> bool:
        """Whether there was one; the kernel also signals when the cgroup is removed, which is none."""
        try:
            os.eventfd_read(self._event)
        except BlockingIOError:
            return False
        return os.path.exists(f"{self._directory}/cgroup.event_control")

    def close(self) -> None:
        """Stop watching."""
        os.close(self._event)
