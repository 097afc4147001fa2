"""The one container of a shim: what belongs to it, and what may be done with it while it lives."""

from collections.abc import Callable
from typing import Any

from dockyard.cgroups.contract import Hierarchy
from dockyard.linux.heap import give_back
from dockyard.shim.channels import Channels
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Driver
from dockyard.shim.execs import Execs
from dockyard.shim.json_log import JsonLog
from dockyard.shim.loop import Loop
from dockyard.shim.messages import CreateRequest
from dockyard.shim.reaper import Reaper
from dockyard.shim.status import Status, check_move
from dockyard.shim.streams import Streams
from dockyard.shim.tidy import Tidy


class Surroundings:
    """What a shim has before it has a container.

    `hierarchy` are the cgroups of this machine; `clock` gives nanoseconds since the epoch; `report` writes an error to
    the shim's log.
    """

    def __init__(
        self,
        loop: Loop,
        channels: Channels,
        hierarchy: Hierarchy,
        clock: Callable[[], int],
        report: Callable[[BaseException], None],
    ) -> None:
        self.loop = loop
        self.reaper = Reaper(loop)
        self.tidy = Tidy(loop, give_back)
        self.channels = channels
        self.hierarchy = hierarchy
        self.clock = clock
        self.report = report


class Container:
    """A container that has been created; `dockyard.shim.birth` makes it, `dockyard.shim.death` ends it."""

    def __init__(
        self,
        request: CreateRequest,
        directory: ShimDirectory,
        driver: Driver,
        log: JsonLog | None,
        streams: Streams,
        execs: Execs,
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

    def start(self, now_ns: int) -> None:
        """Execute the program of a container that was created; Conflict when it was started before."""
        self._check(Status.RUNNING, also_from=Status.CREATED)
        self.driver.start()
        self.status = Status.RUNNING
        self.started_at_ns = now_ns

    def pause(self) -> None:
        """Freeze it; Conflict unless it runs."""
        self._check(Status.PAUSED, also_from=Status.RUNNING)
        self.driver.pause()
        self.status = Status.PAUSED

    def resume(self) -> None:
        """Let it go on; Conflict unless it is paused."""
        self._check(Status.RUNNING, also_from=Status.PAUSED)
        self.driver.resume()
        self.status = Status.RUNNING

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
