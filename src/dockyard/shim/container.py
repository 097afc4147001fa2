"""The one container of a shim: what belongs to it, and what may be done with it while it lives."""

import os
from collections.abc import Callable
from typing import Any

from dockyard.errors import InvalidParameter
from dockyard.shim.container_log import ContainerLog
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Driver
from dockyard.shim.execs import Execs
from dockyard.shim.messages import CreateRequest
from dockyard.shim.status import Status, check_move
from dockyard.shim.streams import Streams
from dockyard.shim.worker import Outcome, Report, run_in_worker


class Container:
    """A container that has been created; `birth` made it, `death` ends it.

    What the runtime has to do while it lives is done in workers.
    """

    def __init__(
        self,
        request: CreateRequest,
        directory: ShimDirectory,
        driver: Driver,
        log: ContainerLog | None,
        streams: Streams,
        execs: Execs,
        report: Report,
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
        self._report = report

    def start(self, now_ns: int) -> None:
        """Execute the program of a container that was created; Conflict when it was started before."""
        self._check(Status.RUNNING, also_from=Status.CREATED)
        self._work(self.driver.start)
        self.started(now_ns)

    def started(self, now_ns: int) -> None:
        """Its program is being executed."""
        self.status = Status.RUNNING
        self.started_at_ns = now_ns

    def kill(self, signal: int, *, everyone: bool) -> None:
        """Send `signal` to the first process, or to every one. Conflict when it has ended, InvalidParameter."""
        self.check_alive()
        if everyone:
            self._work(lambda: self.driver.kill_all(signal))
            return
        try:
            os.kill(self.pid, signal)  # a child that hasn't been waited for: no other process can have its number
        except OSError as error:
            raise InvalidParameter(f"sending signal {signal}: {error.strerror}") from error

    def pause(self) -> None:
        """Freeze it; Conflict unless it runs."""
        self._check(Status.PAUSED, also_from=Status.RUNNING)
        self._work(self.driver.pause)
        self.status = Status.PAUSED

    def resume(self) -> None:
        """Let it go on; Conflict unless it is paused."""
        self._check(Status.RUNNING, also_from=Status.PAUSED)
        self._work(self.driver.resume)
        self.status = Status.RUNNING

    def update(self, resources: dict[str, Any]) -> None:
        """Change limits (OCI `linux.resources` as JSON). Conflict when it has ended."""
        self.check_alive()
        self._work(lambda: self.driver.update(resources))

    def processes(self) -> list[int]:
        """All pids, as the host sees them. Conflict when it has ended."""
        self.check_alive()
        answer = run_in_worker(lambda: Outcome({"pids": self.driver.processes()}), self._report).answer
        pids: list[int] = answer["pids"]
        return pids

    def stats(self) -> dict[str, Any]:
        """Use of resources, `dockyard.cgroups.stats.Stats` as JSON. Conflict when it has ended."""
        self.check_alive()
        return run_in_worker(lambda: Outcome(self.driver.stats()), self._report).answer

    def check_alive(self, wanted: Status = Status.STOPPED) -> None:
        """Conflict when the container has ended."""
        check_move(self.request.container_id, self.status, wanted)

    def state(self) -> dict[str, Any]:
        """What a daemon that comes back needs to know."""
        return {
            "status": self.status.value,
            "pid": self.pid,
            "started_at_ns": self.started_at_ns,
            "execs": [state._asdict() for state in self.execs.states()],
        }

    def _check(self, wanted: Status, *, also_from: Status) -> None:
        self.check_alive(wanted)
        if self.status is not also_from:
            check_move(self.request.container_id, self.status, self.status)

    def _work(self, step: Callable[[], None]) -> None:
        def task() -> Outcome:
            step()
            return Outcome({})

        run_in_worker(task, self._report)
