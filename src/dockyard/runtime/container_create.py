"""create: from a specification to a first process that has everything but has not executed its program.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#create

In the caller: state directory, cgroup, everything of the host opened, filter compiled. Then one fork; the child goes on
in `init.first_process`, the caller writes its mappings, runs its hooks and waits until it is ready. When anything
fails, all of it is taken back in the opposite order.
"""

import os
from typing import NamedTuple

from dockyard.cgroups import Cgroup, Entry, Hierarchy, detect
from dockyard.errors import Conflict, InvalidParameter, SystemFailure
from dockyard.linux.clone import Child
from dockyard.linux.libc import reason
from dockyard.linux.unix_socket import listen
from dockyard.runtime import clock, hooks, state_directory, validate
from dockyard.runtime.channel import GO, HOOKS, READY, Channel, open_channel
from dockyard.runtime.container_state import (
    CREATING,
    OCI_VERSION,
    ContainerState,
    process_start_time,
    save,
)
from dockyard.runtime.host_proc import open_host_proc
from dockyard.runtime.init import first_process, labels
from dockyard.runtime.init_process import InitProcess
from dockyard.runtime.launch import Filter, Launch, Stdio, Surroundings
from dockyard.runtime.namespaces import NamespacePlan
from dockyard.runtime.oom_score import set_oom_score
from dockyard.runtime.preserved import check_preserved
from dockyard.runtime.rootfs.devices import DEFAULT_RULES, DENY_ALL
from dockyard.runtime.rootfs.prepare import prepare
from dockyard.runtime.rootfs.prepared import PreparedRoot
from dockyard.runtime.seccomp_filter import filter_of, save_filter
from dockyard.runtime.undo import Undo
from dockyard.runtime.user_namespace import write_mappings
from dockyard.spec.runtime import Hooks, Linux, Process, Resources, Spec, State

__all__ = ["InitProcess", "Stdio", "create"]


def create(
    spec: Spec,
    bundle: str,
    container_id: str,
    *,
    state_root: str,
    stdio: Stdio,
    console_socket: int | None = None,
    preserve_fds: int = 0,
    no_pivot: bool = False,
    no_new_keyring: bool = False,
    detached: bool = False,
    start: bool = False,
    sibling: bool = False,
    hierarchy: Hierarchy | None = None,
    seccomp_cache: str | None = None,
) -> InitProcess:
    """Make the container, up to the point before execve.

    Args:
        spec: its configuration; checked here.
        bundle: absolute directory that relative paths of the configuration start from.
        container_id: its name: letters, digits, `_`, `+`, `-`, `.`.
        state_root: directory that holds a directory for each container; made when missing.
        stdio: descriptors for its 0, 1 and 2; ignored when the process has a terminal.
        console_socket: connected unix socket that the terminal's master is sent over; for a terminal only.
        preserve_fds: how many descriptors from 3 on the process keeps.
        no_pivot: change the root by chroot, where pivot_root can't be used.
        no_new_keyring: leave the session keyring of the caller.
        detached: the caller may go away, and any process may start it (`container_start`); else it ends with it.
        start: also start it, with one change of process less than `create` and then `InitProcess.start`.
        sibling: make the process a child of the caller's parent instead.
        hierarchy: the cgroups of this machine, when the caller has looked already.
        seccomp_cache: directory of compiled filters.

    Returns:
        The process, a child of the caller (unless `sibling`).

    Raises:
        InvalidParameter: the configuration is wrong.
        AlreadyExists: the name is taken.
        NotFound, Forbidden: the program or something on the host isn't there, or can't be executed.
        SystemFailure and others: a step failed.

    In every case nothing is left behind. The caller must have one thread.
    """
    order = _Order(
        spec=spec,
        bundle=bundle,
        container_id=container_id,
        state_root=state_root,
        stdio=stdio,
        console_socket=console_socket,
        preserve_fds=preserve_fds,
        no_pivot=no_pivot,
        no_new_keyring=no_new_keyring,
        detached=detached,
        start=start,
        sibling=sibling,
    )
    _check(order)
    with Undo() as undo:
        directory = state_directory.make(state_root, container_id)
        undo.push(lambda: state_directory.remove(directory))
        cgroup = _make_cgroup(order.linux, container_id, hierarchy or detect(), undo)
        chosen = filter_of(order.linux, seccomp_cache)
        if chosen is not None:
            save_filter(directory, chosen)
        launch, child = _fork(order, directory, cgroup, chosen, undo)
        ours = launch.surroundings.other
        state = _state_of(order, launch, child.pid, cgroup)
        created = InitProcess(child, state, None if detached else ours, spec.hooks or Hooks())
        undo.push(lambda: os.close(created.pidfd))
        undo.push(created.kill)
        _bring_up(order, created, state, ours, cgroup)
    if detached:
        ours.close()
    return created


class _Order(NamedTuple):
    """What `create` was asked for; see there."""

    spec: Spec
    bundle: str
    container_id: str
    state_root: str
    stdio: Stdio
    console_socket: int | None
    preserve_fds: int
    no_pivot: bool
    no_new_keyring: bool
    detached: bool
    start: bool
    sibling: bool

    @property
    def linux(self) -> Linux:
        """The part of the configuration that is Linux's."""
        return self.spec.linux or Linux()

    @property
    def process(self) -> Process:
        """The process to execute."""
        return self.spec.process or Process()


def _check(order: _Order) -> None:
    """All that can be refused before anything is made. InvalidParameter."""
    validate.identifier(order.container_id)
    validate.specification(order.spec)
    check_preserved(order.preserve_fds)
    labels.check(order.process, order.linux.mount_label)
    _check_terminal(order.process, order.console_socket)


def _fork(order: _Order, directory: str, cgroup: Cgroup, chosen: Filter | None, undo: Undo) -> tuple[Launch, Child]:
    """Open everything of the host, and fork the first process into its namespaces; it goes on with what was opened.

    The caller keeps its end of the channel, which `undo` closes.
    """
    namespaces = NamespacePlan(order.linux)
    opened: list[PreparedRoot | NamespacePlan | Entry] = [namespaces]
    gate = proc = -1
    try:
        root = prepare(order.spec, order.bundle, cgroup.paths) if "mount" in namespaces.own else None
        opened += [root] if root is not None else []
        entry = cgroup.entry()
        opened.append(entry)
        gate = -1 if order.start else _make_gate(f"{directory}/gate", order.detached)
        proc = open_host_proc()
        ours, theirs = open_channel()
        undo.push(ours.close)
        surroundings = Surroundings(
            process=order.process,
            container_id=order.container_id,
            channel=theirs,
            other=ours,
            entry=entry,
            stdio=order.stdio,
            console_socket=order.console_socket,
            preserve_fds=order.preserve_fds,
            proc=proc,
            filter=chosen,
            joined=namespaces.joined,
        )
        launch = Launch(
            surroundings=surroundings,
            spec=order.spec,
            state=State(OCI_VERSION, order.container_id, CREATING, 0, order.bundle, order.spec.annotations),
            root=root,
            root_path=os.path.join(order.bundle, order.spec.root.path if order.spec.root else ""),
            own_namespaces=namespaces.own,
            no_pivot=order.no_pivot,
            no_new_keyring=order.no_new_keyring,
            gate=gate if order.detached else None,
        )
        try:
            child = namespaces.fork(entry.directory, order.sibling)
            if child is None:
                first_process.run(launch)
        finally:
            theirs.close()
    finally:
        for each in opened:
            each.close()
        for descriptor in (gate, proc):
            if descriptor >= 0:
                os.close(descriptor)
    return launch, child


def _state_of(order: _Order, launch: Launch, pid: int, cgroup: Cgroup) -> ContainerState:
    """What every other command will know of the container."""
    linux, spec, chosen = order.linux, order.spec, launch.surroundings.filter
    return ContainerState(
        id=order.container_id,
        pid=pid,
        start_time=process_start_time(pid) or 0,
        bundle=order.bundle,
        rootfs=launch.root_path,
        created=clock.now(),
        state_root=order.state_root,
        owner=os.getuid(),
        detached=order.detached,
        chrooted=order.no_pivot or launch.root is None,
        no_new_keyring=order.no_new_keyring,
        filter_flags=chosen.flags if chosen is not None else None,
        personality=linux.personality.domain if linux.personality is not None else "",
        oom_score=order.process.oom_score_adj,
        late_hooks=tuple(kind for kind in ("poststart", "poststop") if getattr(spec.hooks, kind, ())),
        namespaces=tuple(each.type for each in linux.namespaces),
        cgroup_paths=cgroup.paths,
        annotations=spec.annotations,
    )


def _bring_up(order: _Order, created: InitProcess, state: ContainerState, ours: Channel, cgroup: Cgroup) -> None:
    """What the process waits for on its way; returns when it is ready, or with `start`, when it is started."""
    linux, hooks_ = order.linux, order.spec.hooks or Hooks()
    if own_user := any(each.type == "user" and not each.path for each in linux.namespaces):
        write_mappings(created.pid, linux.uid_mappings, linux.gid_mappings)
        ours.send(GO)
    if order.process.oom_score_adj is not None:
        set_oom_score(created.pid, order.process.oom_score_adj)
    if order.start and not (own_user or hooks_.prestart or hooks_.create_runtime):
        created.say_go()  # beforehand, because it waits for nothing else on its way
    save(state)  # while the process prepares itself
    _wait_until_ready(state, ours, hooks_, cgroup)
    if order.start:
        created.start()


def _check_terminal(process: Process, console_socket: int | None) -> None:
    if process.terminal and console_socket is None:
        raise InvalidParameter("cannot allocate tty if runc will detach without setting console socket")
    if not process.terminal and console_socket is not None:
        raise InvalidParameter("cannot use console socket if runc will not detach or allocate tty")


def _make_cgroup(linux: Linux, container_id: str, hierarchy: Hierarchy, undo: Undo) -> Cgroup:
    """The container's cgroup with its limits. Conflict when processes are in one of that path already."""
    cgroup = hierarchy.cgroup(linux.cgroups_path or container_id)
    if pids := cgroup.pids():
        raise Conflict(f"container's cgroup is not empty: {len(pids)} process(es) found")
    resources = linux.resources or Resources()
    cgroup.create(resources._replace(devices=(DENY_ALL, *resources.devices, *DEFAULT_RULES)))
    undo.push(cgroup.destroy)
    return cgroup


def _make_gate(path: str, detached: bool) -> int:
    """The sign that it isn't started: a listening socket for others to start it by, or just a file. A descriptor."""
    try:
        return listen(path) if detached else os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SystemFailure(f"create {path}: {reason(error)}") from error


def _wait_until_ready(state: ContainerState, channel: Channel, spec_hooks: Hooks, cgroup: Cgroup) -> None:
    """Run the caller's hooks when the process asks for them; returns when it is ready. Any DockyardError."""
    message = channel.receive()
    if message is not None and message["is"] == HOOKS:
        oci_state = state.oci_state(CREATING)
        hooks.run_all(spec_hooks.prestart, "prestart", oci_state)
        hooks.run_all(spec_hooks.create_runtime, "createRuntime", oci_state)
        channel.send(GO)
        message = channel.receive()
    if message is None:
        if cgroup.oom_kills():
            raise SystemFailure("container init was OOM-killed (memory limit too low?)")
        raise SystemFailure("container init exited before it was ready")
    if message["is"] != READY:
        raise SystemFailure(f"container init said {message['is']!r} out of turn")
