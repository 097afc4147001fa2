"""How a container's life ends, step by step.

    the first process ended ► exit record on disk ► output read to its end, log closed
    ► clients have got everything, or stand still ► daemons are told ► clients closed
    ► cgroup and mounts gone ► daemons' connections closed ► the last client has got everything ► the shim ends

What fails on the way is reported to the shim's log and passed over: whoever waits for the end must hear of it.
"""

import signal
from collections.abc import Callable

from dockyard.errors import DockyardError
from dockyard.shim.container import Container
from dockyard.shim.exit_record import exit_record, write_exit
from dockyard.shim.messages import ExitRecord
from dockyard.shim.rootfs import unmount_all
from dockyard.shim.status import Status
from dockyard.shim.surroundings import Surroundings

CLEANING_ATTEMPTS = 40
CLEANING_PAUSE_SECONDS = 0.05
"""Killed processes need a moment to leave the cgroup: two seconds in all."""

ANSWERING_SECONDS = 1.0
"""What a worker that isn't done when the container ends may hold up the news of it."""

HANGING_UP_ATTEMPTS = 20
"""One second for daemons that read slowly."""


class Death:
    """Carries the end out, once; `ended` is what the reaper calls."""

    def __init__(self, container: Container, around: Surroundings) -> None:
        self._container = container
        self._around = around
        self._record = ExitRecord(0)
        self._waiting = 3  # for clients, execs, daemons

    def ended(self, wait_status: int) -> None:
        """The container's first process has been reaped."""
        container = self._container
        container.status = Status.STOPPED
        finished_at_ns = self._around.place.clock()
        record = exit_record(wait_status, oom_killed=self._oom_killed(), finished_at_ns=finished_at_ns)
        self._record = record._replace(memory_peak_bytes=self._memory_peak_bytes())
        self._try(lambda: write_exit(container.directory, self._record))
        # Without a pid namespace of its own, nothing has ended but the first process.
        self._try(self._kill_rest)
        # Who has asked for something that is under way hears of that before the end: it may be the start itself.
        container.when_idle(lambda: container.streams.end(self._drained), ANSWERING_SECONDS)

    def _oom_killed(self) -> bool:
        try:
            return self._container.driver.oom_killed()
        except DockyardError as error:
            self._around.place.report(error)
            return False

    def _memory_peak_bytes(self) -> int:
        try:
            return self._container.driver.memory_peak_bytes()
        except DockyardError:
            return 0  # which nobody waits for

    def _kill_rest(self) -> None:
        if self._container.driver.processes():
            self._container.driver.kill_all(signal.SIGKILL)

    def _drained(self) -> None:
        if self._container.log is not None:
            self._try(self._container.log.close)
        self._container.streams.flush(self._tell)

    def _tell(self) -> None:
        self._around.channels.announce({"event": "exit", **self._record._asdict()})
        self._container.streams.release(self._released)
        self._container.execs.when_idle(self._released)
        # Only now: nobody who waits for the end needs to wait for this.
        self._clean(CLEANING_ATTEMPTS)

    def _clean(self, attempts: int) -> None:
        self._around.reaper.reap()  # an unreaped exec keeps the cgroup
        try:
            self._container.driver.delete()
        except DockyardError as error:
            if attempts > 1:
                self._around.loop.call_later(CLEANING_PAUSE_SECONDS, lambda: self._clean(attempts - 1))
                return
            self._around.place.report(error)
        for failure in unmount_all(self._container.request.mounts):
            self._around.place.report(failure)
        self._around.channels.stop_listening()  # whoever comes now reads the record
        self._hang_up(HANGING_UP_ATTEMPTS)

    def _hang_up(self, attempts: int) -> None:
        """Close the daemons' connections: by that they know that nothing is left. Who doesn't read finds it on disk."""
        if self._around.channels.waiting and attempts > 1:
            self._around.loop.call_later(CLEANING_PAUSE_SECONDS, lambda: self._hang_up(attempts - 1))
            return
        self._around.channels.close()
        self._released()

    def _released(self) -> None:
        self._waiting -= 1
        if self._waiting == 0:
            self._around.loop.stop()

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except (DockyardError, OSError) as error:
            self._around.place.report(error)
