"""The runtime of our own, called in this process: `dockyard.runtime`.

Nothing is executed but the container's program: `create` forks its first process, `exec` another one.
"""

import json
import os
import signal as signals
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from dockyard.cgroups.contract import Cgroup, Hierarchy, OomWatch
from dockyard.errors import Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.runtime.container_create import create
from dockyard.runtime.container_exec import exec_process
from dockyard.runtime.init_process import InitProcess
from dockyard.runtime.launch import Stdio
from dockyard.runtime.state_directory import remove
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Started
from dockyard.shim.stats_json import stats_to_json
from dockyard.shim.stdio import Ends
from dockyard.shim.terminal import ConsolePair
from dockyard.spec.runtime import Spec, process_from_json, resources_from_json, spec_from_json

Made = TypeVar("Made")


class OwnDriver:
    """A container by our runtime; see `dockyard.shim.driver`.

    Args:
        directory: the bundle; the runtime's state goes into its `runtime`.
        container_id: the container.
        hierarchy: the cgroups of this machine.
        seccomp_cache: directory of compiled filters.
    """

    def __init__(self, directory: ShimDirectory, container_id: str, hierarchy: Hierarchy, seccomp_cache: str) -> None:
        self._directory = directory
        self._id = container_id
        self._hierarchy = hierarchy
        self._seccomp_cache = seccomp_cache
        self._init: InitProcess | None = None
        self._cgroup: Cgroup | None = None

    def create(self, stdio: Ends | None) -> Started:
        """See Driver."""
        spec = self._spec()

        def make(ends: Stdio, console: int | None) -> InitProcess:
            return create(
                spec,
                self._directory.path,
                self._id,
                state_root=self._directory.runtime,
                stdio=ends,
                console_socket=console,
                hierarchy=self._hierarchy,
                seccomp_cache=self._seccomp_cache,
            )

        init, master = _with_stdio(stdio, make)
        self._init = init
        self._cgroup = self._hierarchy.restored(init.state.cgroup_paths)
        return Started(init.pid, master)

    def start(self) -> None:
        """See Driver."""
        with _as_start_errors():
            self._created().start()

    def exec(self, process: dict[str, Any], stdio: Ends | None) -> Started:
        """See Driver."""
        parsed = process_from_json(process)
        state = self._created().state
        made, master = _with_stdio(
            stdio, lambda ends, console: exec_process(state, parsed, stdio=ends, console_socket=console)
        )
        os.close(made.pidfd)
        return Started(made.pid, master)

    def kill(self, signal: int, *, everyone: bool) -> None:
        """See Driver."""
        if everyone:
            self._processes_cgroup().kill_all(signal)
            return
        try:
            signals.pidfd_send_signal(self._created().pidfd, signal)
        except ProcessLookupError as error:
            raise NotFound("process already finished") from error
        except OSError as error:
            raise InvalidParameter(f"sending signal {signal}: {error.strerror}") from error

    def pause(self) -> None:
        """See Driver."""
        self._processes_cgroup().freeze()

    def resume(self) -> None:
        """See Driver."""
        self._processes_cgroup().thaw()

    def update(self, resources: dict[str, Any]) -> None:
        """See Driver."""
        self._processes_cgroup().set(resources_from_json(resources))

    def processes(self) -> list[int]:
        """See Driver."""
        return self._processes_cgroup().pids()

    def stats(self) -> dict[str, Any]:
        """See Driver."""
        return stats_to_json(self._processes_cgroup().stats())

    def watch_oom(self) -> OomWatch | None:
        """See Driver."""
        return self._processes_cgroup().watch_oom()

    def oom_killed(self) -> bool:
        """See Driver."""
        return self._processes_cgroup().oom_kills() > 0

    def delete(self) -> None:
        """See Driver."""
        if self._cgroup is not None:
            if self._cgroup.pids():
                self._cgroup.kill_all(signals.SIGKILL)
            self._cgroup.destroy()
            self._cgroup = None
        if self._init is not None:
            remove(self._init.state.directory)
            self._init.close()
            self._init = None

    def _spec(self) -> Spec:
        try:
            with open(self._directory.config, "rb") as file:
                return spec_from_json(json.load(file))
        except OSError as error:
            raise SystemFailure(f"reading {self._directory.config}: {error.strerror}") from error
        except ValueError as error:
            raise InvalidParameter(f"invalid configuration {self._directory.config}: {error}") from error

    def _created(self) -> InitProcess:
        if self._init is None:
            raise NotFound(f"container {self._id} does not exist")
        return self._init

    def _processes_cgroup(self) -> Cgroup:
        if self._cgroup is None:
            raise NotFound(f"container {self._id} does not exist")
        return self._cgroup


def _with_stdio(stdio: Ends | None, make: Callable[[Stdio, int | None], Made]) -> tuple[Made, int]:
    """Call `make` with descriptors, or with a console socket and then take the terminal's master from it."""
    with _as_start_errors():
        if stdio is not None:
            return make(Stdio(*stdio), None), -1
        console = ConsolePair()
        try:
            return make(Stdio(-1, -1, -1), console.theirs), console.receive()
        finally:
            console.close()


@contextmanager
def _as_start_errors() -> Iterator[None]:
    """What is wrong with the program to execute is InvalidParameter, as with external runtimes."""
    try:
        yield
    except (NotFound, Forbidden) as error:
        if str(error).startswith("exec: "):
            raise InvalidParameter(str(error)) from error
        raise
