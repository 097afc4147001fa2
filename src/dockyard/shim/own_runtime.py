"""The runtime of our own, called in this process: `dockyard.runtime`.

Nothing is executed but the container's program: `create` forks its first process, `exec` another one.
"""

import json
import os
import signal as signals
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from dockyard.cgroups import files
from dockyard.cgroups.contract import Cgroup, Hierarchy, OomWatch
from dockyard.errors import Forbidden, InvalidParameter, NotFound, SystemFailure
from dockyard.runtime.container_create import create
from dockyard.runtime.container_exec import BegunExec, begin_exec
from dockyard.runtime.container_start import start
from dockyard.runtime.container_state import ContainerState, load
from dockyard.runtime.launch import Stdio
from dockyard.runtime.state_directory import remove
from dockyard.shim.configured_cgroup import configured_cgroup
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Started, Starting
from dockyard.shim.oom_protection import set_score
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
        oom_score: of what an exec runs, unless it or the container has one.
    """

    waits = True

    def __init__(
        self,
        directory: ShimDirectory,
        container_id: str,
        hierarchy: Hierarchy,
        seccomp_cache: str,
        oom_score: int,
    ) -> None:
        self._directory = directory
        self._id = container_id
        self._hierarchy = hierarchy
        self._seccomp_cache = seccomp_cache
        self._oom_score = oom_score
        self._known: ContainerState | None = None

    def create(self, stdio: Ends | None, *, start: bool) -> Started:
        """See Driver."""
        spec = self._spec()

        def make(ends: Stdio, console: int | None) -> int:
            created = create(
                spec,
                self._directory.path,
                self._id,
                state_root=self._directory.path,
                stdio=ends,
                console_socket=console,
                hierarchy=self._hierarchy,
                seccomp_cache=self._seccomp_cache,
                detached=not start,
                start=start,
                sibling=True,  # the shim's child at once, not only when this worker has ended
            )
            self._known = created.state
            return created.pid

        return _with_stdio(stdio, make)

    def start(self) -> None:
        """See Driver."""
        set_score(self._oom_score)  # of this worker, for hooks
        with _as_start_errors():
            start(self._state())

    def exec(self, process: dict[str, Any], stdio: Ends | None, *, wait: bool = False) -> Starting:
        """See Driver."""
        parsed, state = process_from_json(process), self._state()
        if parsed.oom_score_adj is None and state.oom_score is None:
            parsed = parsed._replace(oom_score_adj=self._oom_score)  # not ours, which it would inherit
        console = ConsolePair() if stdio is None else None
        try:
            begun = begin_exec(
                state,
                parsed,
                stdio=Stdio(-1, -1, -1) if stdio is None else Stdio(*stdio),
                console_socket=None if console is None else console.theirs,
                wait=wait,
            )
        except BaseException:
            if console is not None:
                console.close()
            raise
        if console is not None:
            console.close_theirs()
        return OwnStarting(begun, console)

    def kill_all(self, signal: int) -> None:
        """See Driver."""
        self._cgroup().kill_all(signal)

    def pause(self) -> None:
        """See Driver."""
        self._cgroup().freeze()

    def resume(self) -> None:
        """See Driver."""
        self._cgroup().thaw()

    def update(self, resources: dict[str, Any]) -> None:
        """See Driver."""
        self._cgroup().set(resources_from_json(resources))

    def processes(self) -> list[int]:
        """See Driver."""
        return self._cgroup().pids()

    def counts_processes(self) -> bool:
        """See Driver."""
        paths = self._state().cgroup_paths
        directory = paths.get("pids") or paths.get("")  # each controller's, or that of all
        return directory is None or files.read(directory, "pids.max").strip() != "max"

    def stats(self) -> dict[str, Any]:
        """See Driver."""
        return stats_to_json(self._cgroup().stats())

    def watch_oom(self) -> OomWatch | None:
        """See Driver."""
        return self._cgroup().watch_oom()

    def oom_killed(self) -> bool:
        """See Driver."""
        return self._cgroup().oom_kills() > 0

    def memory_peak_bytes(self) -> int:
        """See Driver."""
        return self._cgroup().memory_peak_bytes()

    def delete(self) -> None:
        """See Driver."""
        try:
            state = self._state()
        except NotFound:
            self._delete_half_made()
            return
        self._known = None
        self._empty(self._hierarchy.restored(state.cgroup_paths))
        remove(state.directory)

    def _delete_half_made(self) -> None:
        """What a creator that was killed left: a cgroup that the configuration names, and a directory."""
        cgroup = configured_cgroup(self._directory, self._hierarchy)
        if cgroup is not None:
            self._empty(cgroup)
        remove(self._directory.runtime_state)

    @staticmethod
    def _empty(cgroup: Cgroup) -> None:
        if cgroup.pids():
            cgroup.kill_all(signals.SIGKILL)
        cgroup.destroy()

    def _spec(self) -> Spec:
        try:
            with open(self._directory.config, "rb") as file:
                return spec_from_json(json.loads(file.read().decode()))
        except OSError as error:
            raise SystemFailure(f"reading {self._directory.config}: {error.strerror}") from error
        except ValueError as error:
            raise InvalidParameter(f"invalid configuration {self._directory.config}: {error}") from error

    def _state(self) -> ContainerState:
        if self._known is None:
            self._known = load(self._directory.path, self._id)  # which is written once
        return self._known

    def _cgroup(self) -> Cgroup:
        return self._hierarchy.restored(self._state().cgroup_paths)


class OwnStarting:
    """See `dockyard.shim.driver.Starting`."""

    patience_seconds = 10.0

    def __init__(self, begun: BegunExec, console: ConsolePair | None) -> None:
        self._begun = begun
        self._console = console
        self.pid = begun.pid

    def fileno(self) -> int:
        """See Starting."""
        return self._begun.fileno()

    def release(self) -> None:
        """See Starting."""
        self._begun.release()

    def finish(self) -> Started:
        """See Starting."""
        try:
            with _as_start_errors():
                self._begun.finish()
                return Started(self.pid, -1 if self._console is None else self._console.receive())
        finally:
            self._close()

    def abandon(self) -> None:
        """See Starting."""
        self._begun.abandon()
        self._close()

    def _close(self) -> None:
        os.close(self._begun.pidfd)
        if self._console is not None:
            self._console.close()


def _with_stdio(stdio: Ends | None, make: Callable[[Stdio, int | None], int]) -> Started:
    """Call `make` with descriptors, or with a console socket and then take the terminal's master from it."""
    with _as_start_errors():
        if stdio is not None:
            return Started(make(Stdio(*stdio), None))
        console = ConsolePair()
        try:
            return Started(make(Stdio(-1, -1, -1), console.theirs), console.receive())
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
