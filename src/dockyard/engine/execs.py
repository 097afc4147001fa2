"""`exec`: further processes in running containers. A record for each, in memory: an exec ends with its container."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import Strings
from dockyard.engine.containers.lifecycle.exec_process import exec_action, exec_process
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.identifiers import new_id
from dockyard.errors import Conflict, DockyardError, InvalidParameter, NotFound
from dockyard.spec.runtime import to_json
from dockyard.supervisor.client import ClientSocket, ExecRequest, ShimConnection

NOT_EXECUTABLE = 126
NOT_FOUND = 127

FAILED = "OCI runtime exec failed: exec failed: unable to start container process: "

FORGET_AFTER_SECONDS = 300.0
"""How long an ended exec can still be inspected, as in Docker."""


class ExecConfig(msgspec.Struct, frozen=True, rename="pascal"):
    """What is to be executed, and how (Engine API: POST /containers/{id}/exec)."""

    attach_stdin: bool = False
    attach_stdout: bool = False
    attach_stderr: bool = False
    detach_keys: str = ""
    tty: bool = False
    env: Strings = None
    cmd: Strings = None
    privileged: bool = False
    user: str = ""
    working_dir: str = ""
    console_size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ExecSnapshot:
    """An exec as `inspect` shows it; `exit_code` is None until it has ended."""

    id: str
    container_id: str
    config: ExecConfig
    running: bool
    pid: int
    exit_code: int | None


@dataclass(slots=True)
class _Exec:
    id: str
    entry: Entry
    config: ExecConfig
    shim: ShimConnection | None = None
    """The run that it belongs to: it ends with it."""
    started: bool = False
    pid: int = 0
    exit_code: int | None = None
    ended_at: float = field(default=0.0)

    @property
    def running(self) -> bool:
        return self.started and self.exit_code is None


class Execs:
    """All execs of the engine."""

    def __init__(self, services: Services, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        self._execs: dict[str, _Exec] = {}
        self._preparing: set[asyncio.Task[None]] = set()

    async def create(self, ref: str, config: ExecConfig) -> str:
        """Records an exec in a running container and returns its id; Conflict when the container can't have one."""
        entry = self._services.collection.find(ref)
        _check_running(entry, ref)
        if not config.cmd:
            raise InvalidParameter("No exec command specified")
        self._forget_old()
        exec_id = new_id()
        self._execs[exec_id] = _Exec(exec_id, entry, config)
        self._announce(entry, exec_action("exec_create", config.cmd), exec_id)
        if (config.attach_stdout or config.attach_stderr) and not config.tty:
            task = asyncio.create_task(self._prepare(self._execs[exec_id]))
            self._preparing.add(task)
            task.add_done_callback(self._preparing.discard)
        return exec_id

    async def _prepare(self, found: _Exec) -> None:
        """While the client reads the answer and connects again, the shim forks: a third of the time of an exec."""
        with suppress(DockyardError):  # `start` will say so, if there is one
            shim = _check_running(found.entry, found.entry.record.id)
            if not found.started:
                await shim.prepare_exec(self._request(found, found.config.console_size or (0, 0)))

    async def start(self, exec_id: str, client: ClientSocket | None, console_size: tuple[int, int] | None) -> None:
        """Executes it. With `client` its socket gets the streams and is closed by the shim at the end.

        A program that can't be executed is an error to a detached caller; to a client it is written on its stream, as
        Docker does, and the exit code is 126 or 127.
        """
        found = self._find(exec_id)
        if found.started:
            if found.exit_code is not None:
                raise Conflict(f"exec command {exec_id} has already run")
            raise Conflict(f"exec command {exec_id} is already running")
        shim = _check_running(found.entry, found.entry.record.id)
        found.started, found.shim = True, shim
        try:
            # Anew, also after `_prepare`: the container may have changed meanwhile who its users are.
            request = self._request(found, console_size or found.config.console_size or (0, 0))
        except DockyardError:
            self._end(found, NOT_EXECUTABLE)
            raise
        self._announce(found.entry, exec_action("exec_start", found.config.cmd or ("",)), exec_id)
        try:
            found.pid = await shim.exec(request, client)
        except DockyardError as error:
            self._end(found, NOT_FOUND if _is_missing(str(error)) else NOT_EXECUTABLE)
            if client is None:
                raise InvalidParameter(f"{FAILED}{error}") from error
            return
        self._end_with(shim, found)

    async def inspect(self, exec_id: str) -> ExecSnapshot:
        """The present state; asks the shim, so that an exit which the client has seen is never reported as running."""
        found = self._execs.get(exec_id) or await self._recover(exec_id)
        shim = found.entry.shim
        if found.running:
            if shim is None or shim is not found.shim:
                self._end(found, 137)
            else:
                state = await shim.exec_state(exec_id)
                if state is not None and state.exit_code is not None:
                    self._end(found, state.exit_code)
        return ExecSnapshot(found.id, found.entry.record.id, found.config, found.running, found.pid, found.exit_code)

    async def resize(self, exec_id: str, rows: int, columns: int) -> None:
        """Sets the size of the exec's terminal; Conflict when it doesn't run."""
        found = self._find(exec_id)
        if not found.running or found.entry.shim is None:
            raise Conflict(f"exec {exec_id} is not running")
        await found.entry.shim.resize(rows, columns, exec_id)

    def ids_of(self, container_id: str) -> tuple[str, ...]:
        """The execs of a container that run, or have still to be started."""
        return tuple(
            one.id
            for one in self._execs.values()
            if one.exit_code is None and one.entry.shim is not None and one.entry.record.id == container_id
        )

    def _request(self, found: _Exec, console_size: tuple[int, int]) -> ExecRequest:
        config = found.config
        process = exec_process(
            self._services,
            found.entry.record,
            args=config.cmd or (),
            env=config.env or (),
            user=config.user,
            cwd=config.working_dir,
            tty=config.tty,
            console_size=console_size,
            privileged=config.privileged,
        )
        return ExecRequest(exec_id=found.id, process=to_json(process), tty=config.tty, open_stdin=config.attach_stdin)

    def _end(self, found: _Exec, exit_code: int) -> None:
        if found.exit_code is None:
            found.exit_code = exit_code
            found.ended_at = self._monotonic()
            self._announce(found.entry, "exec_die", found.id, exitCode=str(exit_code))

    def _find(self, exec_id: str) -> _Exec:
        found = self._execs.get(exec_id)
        if found is None:
            raise NotFound(f"No such exec instance: {exec_id}")
        return found

    async def _recover(self, exec_id: str) -> _Exec:
        """An exec that an earlier daemon started: the shims know theirs. NotFound when none does."""
        for entry in self._services.collection:
            shim = entry.shim
            state = await shim.exec_state(exec_id) if shim is not None else None
            if shim is not None and state is not None:
                self._execs[exec_id] = _Exec(exec_id, entry, ExecConfig(), shim, True, state.pid)
                self._end_with(shim, self._execs[exec_id])
                break
        return self._find(exec_id)

    def _end_with(self, shim: ShimConnection, found: _Exec) -> None:
        shim.when_exec_ends(found.id, lambda code: self._end(found, code))

    def _forget_old(self) -> None:
        limit = self._monotonic() - FORGET_AFTER_SECONDS
        for found in tuple(self._execs.values()):
            if found.entry.removed.done() or (found.exit_code is not None and found.ended_at < limit):
                del self._execs[found.id]

    def _announce(self, entry: Entry, action: str, exec_id: str, **attributes: str) -> None:
        self._services.announce(entry.record, action, execID=exec_id, **attributes)


def _check_running(entry: Entry, ref: str) -> ShimConnection:
    record = entry.record
    if record.state.status == Status.PAUSED:
        raise Conflict(f"container {ref} is paused, unpause the container before exec")
    if record.state.status == Status.RESTARTING:
        raise Conflict(f"container {record.id} is restarting, wait until the container is running")
    if not record.state.running or entry.shim is None:
        raise Conflict(f"container {record.id} is not running")
    return entry.shim


def _is_missing(message: str) -> bool:
    return "not found" in message or "no such file" in message
