"""delete: remove what is left of a container.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#delete
"""

import os
import select
import signal
import time
from contextlib import suppress

from dockyard.cgroups import Cgroup, detect
from dockyard.errors import Conflict, DockyardError, SystemFailure
from dockyard.runtime import hooks, state_directory, validate
from dockyard.runtime.container_state import CREATED, STOPPED, ContainerState
from dockyard.runtime.first_process_handle import open_first_process
from dockyard.spec.runtime import Hook

_DEATH_SECONDS = 10.0
_POLL_SECONDS = 0.002


def delete(container: ContainerState, force: bool = False) -> list[str]:
    """Remove the cgroup, with whatever still runs in it, and the state of `container`; run its poststop hooks.

    A created one is killed; one that runs only with `force`.

    Returns:
        What failing hooks said.

    Raises:
        Conflict: it runs.
        SystemFailure: something can't be removed; what can be is.
    """
    status = container.status()
    if status not in (STOPPED, CREATED) and not force:
        raise Conflict(f"cannot delete container {container.id} that is not stopped: {status}")
    poststop = _poststop(container)
    if status != STOPPED:
        _kill_and_wait(container)
    _remove_cgroup(container.cgroup())
    state_directory.remove(container.directory)
    return hooks.run_and_report(poststop, "poststop", container.oci_state(STOPPED))


def delete_unfinished(state_root: str, container_id: str, cgroups_path: str) -> None:
    """Remove what a creator that was killed half-way left: cgroup and directory. Nothing when there is nothing."""
    validate.identifier(container_id)
    _remove_cgroup(detect().cgroup(cgroups_path or container_id))
    state_directory.remove(f"{state_root}/{container_id}")


def _poststop(container: ContainerState) -> tuple[Hook, ...]:
    """The hooks, read before anything is removed; a bundle that is gone has none."""
    if "poststop" not in container.late_hooks:
        return ()
    try:
        spec = container.spec()
    except DockyardError:
        return ()
    return spec.hooks.poststop if spec.hooks is not None else ()


def _kill_and_wait(container: ContainerState) -> None:
    try:
        pidfd = open_first_process(container)
    except Conflict:
        return
    try:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        cgroup = container.cgroup()
        if cgroup.frozen():
            cgroup.thaw()
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        if not poller.poll(_DEATH_SECONDS * 1000):
            raise SystemFailure(f"container {container.id}: init still running {_DEATH_SECONDS:g} s after SIGKILL")
    finally:
        os.close(pidfd)


def _remove_cgroup(cgroup: Cgroup) -> None:
    """Kill what is in it and remove it. SystemFailure when something doesn't die."""
    deadline = time.monotonic() + _DEATH_SECONDS
    while cgroup.pids():
        if cgroup.frozen():
            cgroup.thaw()
        cgroup.kill_all(signal.SIGKILL)
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    cgroup.destroy()
