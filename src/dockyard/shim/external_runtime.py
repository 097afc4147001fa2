"""An OCI runtime that is driven by its command line, such as `runc` (`--add-runtime`, `default-runtime`).

Counters of OOM kills and of resources are read from the cgroup that the configuration names, without the runtime.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#operations
"""

import json
import os
import signal as signals
from contextlib import suppress
from typing import Any

from dockyard.cgroups.contract import Hierarchy, OomWatch
from dockyard.errors import DockyardError, SystemFailure
from dockyard.shim.configured_cgroup import configured_cgroup
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Started, Starting
from dockyard.shim.messages import ExternalRuntime
from dockyard.shim.oom_protection import set_score
from dockyard.shim.runtime_command import run_command
from dockyard.shim.sockets import STREAM, listen_at
from dockyard.shim.stats_json import stats_to_json
from dockyard.shim.stdio import Ends, no_stdio
from dockyard.shim.terminal import receive_master
from dockyard.shim.worker import Outcome, Worker


def exec_files(directory: ShimDirectory, worker: int) -> tuple[str, str]:
    """Where the worker of an exec puts the description of the process, and the runtime its pid."""
    return f"{directory.path}/exec-{worker}-process.json", f"{directory.path}/exec-{worker}-pid"


class ExternalStarting:
    """A process that the runtime is executing, in a worker; see `dockyard.shim.driver.Starting`."""

    pid = 0
    patience_seconds = 55.0

    def __init__(self, worker: Worker, directory: ShimDirectory) -> None:
        self._worker = worker
        self._directory = directory

    def fileno(self) -> int:
        """See Starting."""
        return self._worker.fileno()

    def release(self) -> None:
        """See Starting: none of these waits."""

    def finish(self) -> Started:
        """See Starting."""
        try:
            outcome = self._worker.join()
        finally:
            self._remove_files()
        return Started(int(outcome.answer["pid"]), *outcome.descriptors)

    def abandon(self) -> None:
        """See Starting."""
        self._worker.kill()
        self._remove_files()

    def _remove_files(self) -> None:
        for path in exec_files(self._directory, self._worker.pid):
            with suppress(OSError):
                os.unlink(path)


class ExternalDriver:
    """A container by the command line of its runtime; see `dockyard.shim.driver`. `oom_score` as `OwnDriver`."""

    waits = False

    def __init__(
        self,
        runtime: ExternalRuntime,
        directory: ShimDirectory,
        container_id: str,
        hierarchy: Hierarchy,
        oom_score: int = 0,
    ) -> None:
        self._runtime = runtime
        self._directory = directory
        self._oom_score = oom_score
        self._id = container_id
        self._cgroup = configured_cgroup(directory, hierarchy)

    def create(self, stdio: Ends | None, *, start: bool) -> Started:
        """See Driver."""
        pid_file = f"{self._directory.path}/init-pid"
        started = self._make("create", pid_file, ["--bundle", self._directory.path], [self._id], stdio)
        if start:
            self.start()
        return started

    def start(self) -> None:
        """See Driver."""
        self._run("start", self._id)

    def exec(self, process: dict[str, Any], stdio: Ends | None, *, wait: bool = False) -> Starting:
        """See Driver."""
        assert not wait  # the caller has seen `waits`
        return ExternalStarting(Worker(lambda: self._exec(process, stdio), _pass_over), self._directory)

    def _exec(self, process: dict[str, Any], stdio: Ends | None) -> Outcome:
        """In a worker, whose number keeps the files of several execs apart."""
        set_score(self._oom_score)  # which the process inherits, unless its container has one
        description, pid_file = exec_files(self._directory, os.getpid())
        with open(description, "w", encoding="utf-8") as file:
            json.dump(process, file)
        started = self._make("exec", pid_file, ["--detach", "--process", description], [self._id], stdio)
        return Outcome({"pid": started.pid}, [] if started.master < 0 else [started.master])

    def kill_all(self, signal: int) -> None:
        """See Driver."""
        if self._cgroup is not None:
            self._cgroup.kill_all(signal)

    def pause(self) -> None:
        """See Driver."""
        self._run("pause", self._id)

    def resume(self) -> None:
        """See Driver."""
        self._run("resume", self._id)

    def update(self, resources: dict[str, Any]) -> None:
        """See Driver."""
        self._run("update", "--resources", "-", self._id, stdin=json.dumps(resources).encode())

    def counts_processes(self) -> bool:
        """See Driver; asked only of drivers that wait."""
        return True

    def processes(self) -> list[int]:
        """See Driver."""
        return self._cgroup.pids() if self._cgroup is not None else []

    def stats(self) -> dict[str, Any]:
        """See Driver."""
        return stats_to_json(self._cgroup.stats()) if self._cgroup is not None else {}

    def watch_oom(self) -> OomWatch | None:
        """See Driver."""
        return self._cgroup.watch_oom() if self._cgroup is not None else None

    def oom_killed(self) -> bool:
        """See Driver."""
        return self._cgroup is not None and self._cgroup.oom_kills() > 0

    def memory_peak_bytes(self) -> int:
        """See Driver."""
        return self._cgroup.memory_peak_bytes() if self._cgroup is not None else 0

    def delete(self) -> None:
        """See Driver."""
        try:
            self._run("delete", "--force", self._id)
        except DockyardError:
            if os.path.isdir(f"{self._directory.path}/{self._id}"):
                raise
        if self._cgroup is not None:
            self._cgroup.kill_all(signals.SIGKILL)
            self._cgroup.destroy()

    def _make(
        self, command: str, pid_file: str, options: list[str], operands: list[str], stdio: Ends | None
    ) -> Started:
        """`create` or `exec`: what makes a process, with stdio or with a terminal."""
        if stdio is not None:
            self._run(command, "--pid-file", pid_file, *options, *operands, stdio=stdio)
            return Started(_read_pid(pid_file))
        # Through our own descriptor, because the path of the directory may be too long for the address of a socket.
        directory = os.open(self._directory.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        name = f"console-{os.getpid()}.sock"
        listener = listen_at(f"{self._directory.path}/{name}", STREAM)
        null = no_stdio()
        try:
            address = f"/proc/{os.getpid()}/fd/{directory}/{name}"
            terminal = ["--tty"] if command == "exec" else []
            arguments = [command, "--pid-file", pid_file, "--console-socket", address, *terminal, *options, *operands]
            self._run(*arguments, stdio=null)
            connection, _ = listener.accept()
            with connection:
                return Started(_read_pid(pid_file), receive_master(connection))
        except BlockingIOError as error:
            raise SystemFailure(f"runtime {self._runtime.path}: it sent no terminal") from error
        finally:
            null.close()
            listener.close()
            os.close(directory)
            os.unlink(f"{self._directory.path}/{name}")

    def _run(self, *arguments: str, stdio: Ends | None = None, stdin: bytes = b"") -> bytes:
        log = f"{self._directory.path}/runtime.log"
        return run_command(self._runtime, self._directory.path, log, arguments, stdio, stdin)


def _read_pid(path: str) -> int:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError) as error:
        raise SystemFailure(f"reading the pid that the runtime wrote to {path}: {error}") from error


def _pass_over(_error: BaseException) -> None:
    """What goes wrong in the worker of an exec comes back as that exec's error, and is reported there."""
