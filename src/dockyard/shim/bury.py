"""What is to be done about a container whose shim is dead: end it, take away what is left, and say so on disk.

Nobody reads its output any more and nobody will see how it ends, so it is killed. Runs in a process that the supervisor
forks for it, which is as able as a shim and may take its time.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from dockyard.cgroups.contract import Hierarchy
from dockyard.errors import Conflict, DockyardError, SystemFailure
from dockyard.fs.rooted import remove_tree
from dockyard.shim.configured_cgroup import configured_cgroup
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.exit_record import KILLED, read_exit, write_exit
from dockyard.shim.external_runtime import ExternalDriver
from dockyard.shim.messages import CreateRequest, ExitRecord, create_from_json
from dockyard.shim.rootfs import unmount_all

ENDING_SECONDS = 10.0
DYING_SECONDS = 0.5
POLL_SECONDS = 0.005
TAIL_BYTES = 64 * 1024


def bury(directory: ShimDirectory, hierarchy: Hierarchy, now_ns: int) -> ExitRecord:
    """End the container of a dead shim; returns its exit record: the one that the shim wrote, else 137.

    Repeating it does nothing more.

    Raises:
        Conflict: the shim lives.
        SystemFailure: something could not be ended or removed.
    """
    keeper = directory.read_keeper() or {}
    _check_dead(directory, keeper)
    cgroup = configured_cgroup(directory, hierarchy)
    if cgroup is not None and cgroup.pids():
        cgroup.kill_all(signal.SIGKILL)
        _wait(lambda: not cgroup.pids(), f"ending the processes of {os.path.basename(directory.path)}")
    request = _request(keeper)
    if request is not None and request.runtime is not None:
        # It may have made cgroups that the configuration doesn't name: runc has one in the v2 tree of a hybrid machine.
        with suppress(DockyardError):  # it may be gone, or hang; what is named is taken away without it
            ExternalDriver(request.runtime, directory, request.container_id, hierarchy).delete()
    if cgroup is not None:
        cgroup.destroy()
    if request is not None:
        for failure in unmount_all(request.mounts):
            raise SystemFailure(f"unmounting the root filesystem of {request.container_id}: {failure}")
        if request.log.driver == "json-file":
            mend_log(request.log.path)
    record = read_exit(directory)
    if record is None:
        record = ExitRecord(KILLED, signal.SIGKILL, finished_at_ns=now_ns, error="shim died")
        write_exit(directory, record)
    with suppress(OSError):  # in the way of nothing: it goes with the directory
        remove_tree(directory.runtime_state)
    return record


def sweep(shims: str, known: frozenset[str], hierarchy: Hierarchy, now_ns: int) -> list[str]:
    """Remove every container below `shims` whose id isn't in `known`, with its shim if that lives; returns their ids.

    Raises:
        SystemFailure: the first that could not be removed; the others are.
    """
    removed = []
    failure: DockyardError | None = None
    for container_id in sorted(os.listdir(shims)):
        if container_id in known:
            continue
        directory = ShimDirectory(f"{shims}/{container_id}")
        try:
            kill_keeper(directory)
            bury(directory, hierarchy, now_ns)
            remove_tree(directory.path)
            removed.append(container_id)
        except OSError as error:
            failure = SystemFailure(f"removing {directory.path}: {error}")
        except DockyardError as error:
            failure = error
    if failure is not None:
        raise failure
    return removed


def mend_log(path: str) -> None:
    """Cut off the half line that a shim left which was killed while it wrote to the log at `path`."""
    with suppress(OSError), open(path, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL_BYTES)
        file.seek(start)
        whole = file.read().rfind(b"\n") + 1
        if start + whole < size and (whole or start == 0):
            file.truncate(start + whole)


def _request(keeper: dict[str, object]) -> CreateRequest | None:
    request = keeper.get("request")
    try:
        return create_from_json(request) if isinstance(request, dict) else None
    except (KeyError, TypeError, IndexError):
        return None


def _check_dead(directory: ShimDirectory, keeper: dict[str, object]) -> None:
    """Conflict when the shim lives. One that is being killed closes its connections a moment before it is gone."""
    deadline = time.monotonic() + DYING_SECONDS
    while directory.keeper_lives(keeper):
        if time.monotonic() > deadline:
            raise Conflict(f"the shim of {os.path.basename(directory.path)} lives")
        time.sleep(POLL_SECONDS)


def kill_keeper(directory: ShimDirectory) -> None:
    """Kill the shim of `directory` if it lives, and what it is waiting for: its maker with the runtime's commands.

    Raises:
        SystemFailure: it doesn't end.
    """
    keeper = directory.read_keeper() or {}
    if not directory.keeper_lives(keeper):
        return
    handles = []
    for pid in _with_descendants(int(keeper["pid"])):  # the shim first, so that it starts nothing more
        with suppress(ProcessLookupError):
            handles.append(os.pidfd_open(pid))
    for handle in handles:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        os.close(handle)
    _wait(lambda: not directory.keeper_lives(keeper), f"ending the shim {keeper['pid']}")


def _with_descendants(pid: int) -> list[int]:
    """`pid`, and all that it and its children have forked. proc_tid_children(5)."""
    found = [pid]
    for each in found:
        with suppress(OSError), open(f"/proc/{each}/task/{each}/children", "rb") as file:
            found += map(int, file.read().split())
    return found


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + ENDING_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemFailure(f"{what}: not within {ENDING_SECONDS:.0f} seconds")
        time.sleep(POLL_SECONDS)
