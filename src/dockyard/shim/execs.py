"""Processes that are executed in the running container: `docker exec`.

Each is a fork of the shim (or of the external runtime), with streams of its own and at most one client. What
is found to be wrong before the program runs is said to the client on its own connection, as Docker does, because the
request has been answered by then; the exit code is 127 when the program isn't there, else 126.
"""

import os
import socket
from collections import OrderedDict
from collections.abc import Callable, Container
from contextlib import suppress
from functools import partial
from typing import Any

from dockyard.errors import AlreadyExists, DeadlineExceeded, DockyardError, NotFound, SystemFailure
from dockyard.shim.ahead import Ahead, Wanted
from dockyard.shim.driver import Driver, Started
from dockyard.shim.exec_launch import ExecLaunch, OnOutcome
from dockyard.shim.exit_record import exit_record
from dockyard.shim.messages import ClientSettings, ExecState
from dockyard.shim.stdio import no_stdio, open_pipes
from dockyard.shim.streams import Streams
from dockyard.shim.surroundings import Surroundings

KEPT_EXECS = 64
"""Execs whose end is remembered, by the shim alone: they end with it. Health checks would fill the memory otherwise."""

NOT_FOUND = 127
NOT_EXECUTABLE = 126

Client = tuple[socket.socket, ClientSettings]
Respond = Callable[[int | DockyardError], None]
"""Is told the pid of a new process, or why there is none."""


def failure_code(message: str) -> int:
    """The exit code for a program that could not be executed: that of a shell, by the words of the error."""
    lowered = message.lower()
    missing = "executable file not found" in lowered or "no such file or directory" in lowered
    return NOT_FOUND if missing else NOT_EXECUTABLE


class Execs:
    """All execs of one container; of those that have ended the last 64."""

    def __init__(self, around: Surroundings, driver: Driver) -> None:
        self._around = around
        self._driver = driver
        self._states: OrderedDict[str, ExecState] = OrderedDict()
        self._streams: dict[str, Streams] = {}
        self._launches: dict[str, ExecLaunch] = {}
        self._attached: dict[str, Wanted] = {}
        self._ahead = Ahead(around, driver, lambda wanted: self._launch(wanted, attached=True, wait=True))
        self._on_idle: Callable[[], None] | None = None

    def prepare(self, exec_id: str, process: dict[str, Any], *, open_stdin: bool) -> None:
        """Begin a process that is likely to be started, with its client attached, in a moment (`ahead`)."""
        if not (self._ahead.has(exec_id) or exec_id in self._states or exec_id in self._streams):
            self._ahead.prepare(exec_id, Wanted(process, open_stdin))

    def start(
        self, exec_id: str, process: dict[str, Any], *, open_stdin: bool, client: Client | None, respond: Respond
    ) -> None:
        """Execute `process` (OCI `process` as JSON) with `client` attached, or detached when there is none.

        `respond` gets its pid, as the host sees it; or the runtime's error, and the client has been told then, and its
        connection closed.

        Raises:
            AlreadyExists: the id is in use; `respond` isn't called.
        """
        if exec_id in self._states or exec_id in self._streams:
            if client is not None:
                client[0].close()
            raise AlreadyExists(f"exec {exec_id} has been started before")
        streams = Streams(
            self._around.loop,
            None,
            close_stdin=True,
            on_detach=lambda: self._around.channels.announce({"event": "detach", "exec_id": exec_id}),
            on_burst=self._around.tidy.later,
        )
        self._streams[exec_id] = streams
        settle = partial(self._settle, exec_id, streams, client, respond)
        attached = client is not None
        wanted = Wanted(process, open_stdin)
        if attached:
            self._attached[exec_id] = wanted
        anew = partial(self._begin, exec_id, wanted, attached, settle)
        ahead = self._ahead.take(exec_id, wanted, attached=attached)
        if ahead is None:
            anew()
        else:
            self._launches[exec_id] = ahead
            ahead.run(partial(self._settle_ahead, exec_id, ahead, settle, anew))

    def state(self, exec_id: str) -> ExecState:
        """NotFound when it was never started, or ended long ago."""
        state = self._states.get(exec_id)
        if state is None:
            raise NotFound(f"No such exec instance: {exec_id}")
        return state

    def states(self) -> list[ExecState]:
        """All that are remembered."""
        return list(self._states.values())

    def resize(self, exec_id: str, rows: int, columns: int) -> None:
        """Set the size of an exec's terminal. NotFound, Conflict."""
        streams = self._streams.get(exec_id)
        if streams is None:
            raise NotFound(f"No such exec instance: {exec_id}")
        launch = self._launches.get(exec_id)
        if launch is not None:
            launch.size = rows, columns
        else:
            streams.resize(rows, columns)

    def when_idle(self, on_idle: Callable[[], None]) -> None:
        """Call when all have ended and their clients have got everything."""
        self._on_idle = on_idle
        self._check_idle()

    def abandon_ahead(self) -> None:
        """End what has been begun before it was asked for."""
        self._ahead.abandon_all()

    def uninvited(self) -> Container[int]:
        """Processes in the container that nobody has asked for."""
        return self._ahead.uninvited()

    def _begin(self, exec_id: str, wanted: Wanted, attached: bool, settle: OnOutcome) -> None:
        """Begin it now, and let it run."""
        try:
            launch = self._launch(wanted, attached=attached)
        except (DockyardError, OSError) as error:
            settle(error if isinstance(error, DockyardError) else SystemFailure(f"preparing the exec: {error}"))
        else:
            self._launches[exec_id] = launch
            launch.run(settle)

    def _settle_ahead(
        self,
        exec_id: str,
        launch: ExecLaunch,
        settle: OnOutcome,
        anew: Callable[[], None],
        outcome: Started | DockyardError,
    ) -> None:
        """One that was begun ahead may have been killed meanwhile, or forbidden to look up its program: then anew."""
        if not isinstance(outcome, DockyardError) or isinstance(outcome, DeadlineExceeded):
            settle(outcome)
            return
        del self._launches[exec_id]
        if launch.ours is not None:
            launch.ours.close()
        anew()

    def _launch(self, wanted: Wanted, *, attached: bool, wait: bool = False) -> ExecLaunch:
        process = wanted.process
        if process.get("terminal"):
            return ExecLaunch(self._around, self._driver.exec(process, None), None)
        if not attached:
            null = no_stdio()
            try:
                return ExecLaunch(self._around, self._driver.exec(process, null), None)
            finally:
                null.close()
        stdio = open_pipes(open_stdin=wanted.open_stdin)
        try:
            return ExecLaunch(self._around, self._driver.exec(process, stdio.theirs, wait=wait), stdio.ours)
        except BaseException:
            stdio.ours.close()
            raise
        finally:
            stdio.theirs.close()

    def _settle(
        self,
        exec_id: str,
        streams: Streams,
        client: Client | None,
        respond: Respond,
        outcome: Started | DockyardError,
    ) -> None:
        """It is known how the launch went."""
        launch = self._launches.pop(exec_id, None)
        if isinstance(outcome, DockyardError):
            if launch is not None and launch.ours is not None:
                launch.ours.close()
            self._fail(exec_id, streams, client, str(outcome))
            respond(outcome)
            return
        assert launch is not None
        self._states[exec_id] = ExecState(exec_id, outcome.pid)
        self._around.reaper.watch(outcome.pid, lambda status: self._ended(exec_id, streams, status))
        respond(outcome.pid)
        if outcome.master >= 0:
            streams.set_terminal(outcome.master)
            if launch.size is not None:
                with suppress(DockyardError):  # whoever asked has been told that it was taken
                    streams.resize(*launch.size)
        elif launch.ours is not None:
            if launch.ours.stdin >= 0:
                streams.set_input(launch.ours.stdin)
            streams.add_output("stdout", launch.ours.stdout)
            streams.add_output("stderr", launch.ours.stderr)
        if client is not None:
            streams.attach(*client)

    def _fail(self, exec_id: str, streams: Streams, client: Client | None, message: str) -> None:
        self._attached.pop(exec_id, None)
        code = failure_code(message)
        self._remember(ExecState(exec_id, 0, code))
        if client is not None:
            streams.attach(*client)
            text = f"OCI runtime exec failed: exec failed: unable to start container process: {message}\r\n"
            streams.say("stdout", text.encode("utf-8", "surrogateescape"))
        self._around.channels.announce({"event": "exec_exit", "exec_id": exec_id, "pid": 0, "exit_code": code})
        streams.release(lambda: self._released(exec_id))

    def _ended(self, exec_id: str, streams: Streams, status: int) -> None:
        streams.end(lambda: streams.flush(lambda: self._finish(exec_id, streams, status)))

    def _finish(self, exec_id: str, streams: Streams, status: int) -> None:
        record = exit_record(status, oom_killed=False, finished_at_ns=self._around.place.clock())
        state = self._states[exec_id]._replace(exit_code=record.exit_code)
        self._remember(state)
        # Before the client's connection is closed: it asks the daemon for the exit code as soon as that happens.
        self._around.channels.announce({"event": "exec_exit", **state._asdict()})
        wanted = self._attached.pop(exec_id, None)
        if wanted is not None:
            self._ahead.ended(wanted)
        streams.release(lambda: self._released(exec_id))

    def _remember(self, state: ExecState) -> None:
        self._states[state.exec_id] = state
        self._states.move_to_end(state.exec_id)
        ended = [exec_id for exec_id, known in self._states.items() if known.exit_code is not None]
        for exec_id in ended[: max(0, len(ended) - KEPT_EXECS)]:
            del self._states[exec_id]

    def _released(self, exec_id: str) -> None:
        self._streams.pop(exec_id, None)
        self._around.tidy.later()
        self._check_idle()

    def _check_idle(self) -> None:
        if self._on_idle is not None and not self._streams:
            on_idle, self._on_idle = self._on_idle, None
            on_idle()


def check_exec_id(exec_id: str) -> None:
    """SystemFailure for an id that could not be the name of a file."""
    if not exec_id or os.sep in exec_id or exec_id.startswith("."):
        raise SystemFailure(f"invalid exec id {exec_id!r}")
