"""The one container of a shim: what belongs to it, and what may be done with it while it lives."""

import os
from collections.abc import Callable
from typing import Any

from dockyard.errors import DockyardError, InvalidParameter
from dockyard.shim.container_log import ContainerLog
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Driver
from dockyard.shim.errands import Answer, Errands, Respond
from dockyard.shim.execs import Execs
from dockyard.shim.messages import CreateRequest
from dockyard.shim.status import Status, check_move
from dockyard.shim.streams import Streams


class Container:
    """A container that has been created; `birth` made it, `death` ends it.

    What the runtime has to do while it lives is done in workers, and answered from the loop.
    """

    def __init__(
        self,
        request: CreateRequest,
        directory: ShimDirectory,
        driver: Driver,
        log: ContainerLog | None,
        streams: Streams,
        execs: Execs,
        errands: Errands,
    ) -> None:
        self.request = request
        self.directory = directory
        self.driver = driver
        self.log = log
        self.streams = streams
        self.execs = execs
        self.status = Status.CREATED
        self.pid = 0
        self.started_at_ns = 0
        self._going_on = False
        self._errands = errands

    def start(self, clock: Callable[[], int], respond: Respond) -> None:
        """Execute the program of a container that was created; Conflict when it was started before."""

        def done(outcome: Answer | DockyardError) -> None:
            if not isinstance(outcome, DockyardError):
                self.started(clock())
                outcome = {"pid": self.pid, "started_at_ns": self.started_at_ns}
            respond(outcome)

        self._errands.change(lambda: self._check(Status.RUNNING, also_from=Status.CREATED), self.driver.start, done)

    def started(self, now_ns: int) -> None:
        """Its program is being executed; it may have ended already."""
        self.started_at_ns = now_ns
        self._become(Status.RUNNING)

    def kill(self, signal: int) -> None:
        """Send `signal` to the first process. Conflict when it has ended, InvalidParameter."""
        self.check_alive()
        try:
            os.kill(self.pid, signal)  # a child that hasn't been waited for: no other process can have its number
        except OSError as error:
            raise InvalidParameter(f"sending signal {signal}: {error.strerror}") from error

    def kill_all(self, signal: int, respond: Respond) -> None:
        """Send `signal` to every process. Conflict when it has ended."""
        self._errands.change(self.check_alive, lambda: self.driver.kill_all(signal), respond)

    def pause(self, respond: Respond) -> None:
        """Freeze it; Conflict unless it runs. What waits for an exec that nobody has asked for ends before."""

        def check() -> None:
            self._check(Status.PAUSED, also_from=Status.RUNNING)
            self.execs.abandon_ahead()

        self._errands.change(
            check,
            self.driver.pause,
            self._becoming(Status.PAUSED, respond),
        )

    def resume(self, respond: Respond) -> None:
        """Let it go on; Conflict unless it is paused."""
        self._errands.change(
            lambda: self._check(Status.RUNNING, also_from=Status.PAUSED),
            self.driver.resume,
            self._becoming(Status.RUNNING, respond),
        )

    def let_go(self) -> None:
        """As `resume`, for somebody who has gone and waits for nothing; whoever asks is told that it runs."""
        self._going_on = True

        def done(_outcome: Answer | DockyardError) -> None:
            self._going_on = False

        self.resume(done)

    def update(self, resources: dict[str, Any], respond: Respond) -> None:
        """Change limits (OCI `linux.resources` as JSON). Conflict when it has ended."""
        self._errands.change(self.check_alive, lambda: self.driver.update(resources), respond)

    def processes(self, respond: Respond) -> None:
        """All pids (`pids`), as the host sees them. Conflict when it has ended."""
        self.check_alive()
        uninvited = self.execs.uninvited()
        self._errands.ask(lambda: {"pids": [pid for pid in self.driver.processes() if pid not in uninvited]}, respond)

    def stats(self, respond: Respond) -> None:
        """Use of resources, `dockyard.cgroups.stats.Stats` as JSON. Conflict when it has ended."""
        self.check_alive()
        self._errands.ask(self.driver.stats, respond)

    def when_idle(self, call: Callable[[], None], seconds: float) -> None:
        """Call when no change is under way any more, or after `seconds`."""
        self._errands.when_idle(call, seconds)

    def check_alive(self, wanted: Status = Status.STOPPED) -> None:
        """Conflict when the container has ended."""
        check_move(self.request.container_id, self.status, wanted)

    def state(self) -> dict[str, Any]:
        """What a daemon that comes back needs to know."""
        frozen_yet = self.status is Status.PAUSED and self._going_on
        return {
            "status": Status.RUNNING.value if frozen_yet else self.status.value,
            "pid": self.pid,
            "started_at_ns": self.started_at_ns,
            "execs": [state._asdict() for state in self.execs.states()],
        }

    def _check(self, wanted: Status, *, also_from: Status) -> None:
        self.check_alive(wanted)
        if self.status is not also_from:
            check_move(self.request.container_id, self.status, self.status)

    def _becoming(self, status: Status, respond: Respond) -> Respond:
        def done(outcome: Answer | DockyardError) -> None:
            if not isinstance(outcome, DockyardError):
                self._become(status)
            respond(outcome)

        return done

    def _become(self, status: Status) -> None:
        """A change that comes to its end after the container's changes nothing any more."""
        if self.status is not Status.STOPPED:
            self.status = status
