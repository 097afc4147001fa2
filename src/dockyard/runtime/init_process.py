"""A container that is created and waits to be started, as its creator holds it."""

import os
import select
import signal
from contextlib import suppress

from dockyard.errors import Conflict
from dockyard.linux.clone import Child
from dockyard.runtime import hooks
from dockyard.runtime.channel import GO, Channel
from dockyard.runtime.container_state import RUNNING, ContainerState
from dockyard.spec.runtime import Hooks


class InitProcess:
    """The first process of a container; `pidfd` is close-on-exec and belongs to this object.

    `warnings` is what failing poststart hooks said. `channel` is None when the container was made for others to start.
    """

    def __init__(self, child: Child, state: ContainerState, channel: Channel | None, spec_hooks: Hooks) -> None:
        self.pid, self.pidfd = child
        self.state = state
        self.container_id = state.id
        self._channel = channel
        self._hooks = spec_hooks
        self._told = False
        self.warnings: list[str] = []

    def say_go(self) -> None:
        """Tell it, ahead of time, to go on as soon as it is ready; `start` then only waits."""
        assert self._channel is not None
        with suppress(BrokenPipeError):  # it died before: that shows when it is reaped, as if right after
            self._channel.send(GO)
        self._told = True

    def start(self) -> list[str]:
        """Let it execute its program; returns when it has, with what failing poststart hooks said.

        Raises:
            Conflict: it was started already, or is for others to start.
            Any DockyardError: what the process reported; it has ended then.
        """
        if self._channel is None:
            raise Conflict("cannot start an already running container")
        if not self._told:
            self.say_go()
        channel, self._channel = self._channel, None
        try:
            with suppress(FileNotFoundError):
                os.unlink(self.state.gate)
            channel.receive()  # end of file: execve has closed the other end
        finally:
            channel.close()
        self.warnings = hooks.run_and_report(self._hooks.poststart, "poststart", self.state.oci_state(RUNNING))
        return self.warnings

    def kill(self) -> None:
        """Kill it, wait until it is dead, and reap it if it is a child; nothing when somebody else did."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        poller = select.poll()
        poller.register(self.pidfd, select.POLLIN)
        poller.poll()
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def close(self) -> None:
        """Close the descriptors. A container that wasn't started ends by that, unless others may start it."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        os.close(self.pidfd)
