"""exec: run another process in a container, as runc does it (not in the runtime-spec).

One fork of the caller: the child joins the container's namespaces by the pidfd of its first process, and its cgroup. A
pid namespace is for children only, so the caller joins that for the moment of the fork.

From then on the container's processes can stop the child (SIGSTOP), and it says nothing until somebody kills it. Who
must not wait for ever uses `begin_exec`, waits for `fileno` with a deadline, and then calls `finish` or `abandon`.
"""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress

from dockyard.cgroups import Entry, restored
from dockyard.cgroups.directories import clean_path
from dockyard.errors import Conflict, InvalidParameter, SystemFailure
from dockyard.linux.clone import Child
from dockyard.linux.libc import reason
from dockyard.linux.namespaces import CLONE_NEWPID, FLAGS
from dockyard.runtime import validate
from dockyard.runtime.channel import GO, READY, Channel, open_channel
from dockyard.runtime.container_state import PAUSED, STOPPED, ContainerState
from dockyard.runtime.first_process_handle import open_first_process
from dockyard.runtime.host_proc import open_host_proc
from dockyard.runtime.init import joining_process, labels
from dockyard.runtime.launch import Join, Joined, Stdio, Surroundings
from dockyard.runtime.namespaces import fork_in
from dockyard.runtime.preserved import check_preserved
from dockyard.runtime.seccomp_filter import saved_filter
from dockyard.spec.runtime import Personality, Process
from dockyard.spec.runtime.empty import EMPTY


class BegunExec:
    """A process on its way to its program: `pid`, and `pidfd`, which is close-on-exec and the caller's to close."""

    def __init__(self, child: Child, channel: Channel, *, waits: bool) -> None:
        self.pid, self.pidfd = child
        self._channel = channel
        self._waits = waits

    def fileno(self) -> int:
        """A descriptor that is readable when `finish` won't wait."""
        return self._channel.reader

    def release(self) -> None:
        """Let one that was told to wait go on; what has become of it meanwhile comes out in `finish`."""
        with suppress(BrokenPipeError):
            self._channel.send(GO)

    def finish(self) -> None:
        """Wait until its program is executed. Any DockyardError that it reports; it has ended then, or been killed.

        One that was told to wait has had rights and a filter that may forbid the look-up, may even kill for it: an
        error says nothing about the program then, and it has to be begun anew, without.
        """
        try:
            if self._waits:
                self._channel.expect(READY)
            else:
                self._channel.receive()  # end of file: execve has closed the other end
        except BaseException:
            self._kill()  # it may have been stopped between its last words and its end
            raise
        finally:
            self._channel.close()

    def abandon(self) -> None:
        """Kill it; its end is for the caller to wait for."""
        self._channel.close()
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)


def exec_process(
    container: ContainerState,
    process: Process,
    *,
    stdio: Stdio,
    console_socket: int | None = None,
    preserve_fds: int = 0,
    ignore_paused: bool = False,
    sub_cgroup: Mapping[str, str] = EMPTY,
) -> Child:
    """Run `process` in `container` as `begin_exec`; returns when its program is executed, however long that takes.

    Returns:
        The process, a child of the caller, with a pidfd that is the caller's to close.

    Raises:
        DockyardError: those of `begin_exec`, and what the process reported. No process is left then.
    """
    begun = begin_exec(
        container,
        process,
        stdio=stdio,
        console_socket=console_socket,
        preserve_fds=preserve_fds,
        ignore_paused=ignore_paused,
        sub_cgroup=sub_cgroup,
    )
    try:
        begun.finish()
    except BaseException:
        os.waitpid(begun.pid, 0)
        os.close(begun.pidfd)
        raise
    return Child(begun.pid, begun.pidfd)


def begin_exec(
    container: ContainerState,
    process: Process,
    *,
    stdio: Stdio,
    console_socket: int | None = None,
    preserve_fds: int = 0,
    ignore_paused: bool = False,
    sub_cgroup: Mapping[str, str] = EMPTY,
    wait: bool = False,
) -> BegunExec:
    """Fork a process that goes to execute `process` in `container`.

    Args:
        container: a running (or created) container.
        process: complete as it stands: nothing is taken from the container's own process, except the OOM score.
        stdio: descriptors for its 0, 1 and 2; ignored when it has a terminal.
        console_socket: connected unix socket that the terminal's master is sent over; for a terminal only.
        preserve_fds: how many descriptors from 3 on it keeps.
        ignore_paused: don't refuse a paused container; the process then runs when that is resumed.
        sub_cgroup: cgroup to be in, below the container's, by controller; the key "" stands for all.
        wait: for `release`, before its program is looked up, with nothing left of what the program mustn't have.

    Returns:
        The process, a child of the caller. That its program isn't there (NotFound) or can't be executed (Forbidden)
        comes out in `finish`.

    Raises:
        InvalidParameter: `process` is wrong.
        NotFound: the container's cgroup is gone.
        Conflict: the container doesn't run, or is paused.
        SystemFailure: a step failed.

    No process is left then. The caller must have one thread.
    """
    check_preserved(preserve_fds)
    _check_process(process, console_socket)
    _check_container(container, ignore_paused)
    chosen = saved_filter(container.directory, container.filter_flags)
    opened: list[int] = []
    entry = _entry(container, sub_cgroup)
    try:
        pidfd = open_first_process(container)
        opened.append(pidfd)
        proc = open_host_proc()
        opened.append(proc)
        root = _open_root(container) if container.chrooted else -1
        opened += [root] if root >= 0 else []
        ours, theirs = open_channel()
        surroundings = Surroundings(
            process=process,
            container_id=container.id,
            channel=theirs,
            other=ours,
            entry=entry,
            stdio=stdio,
            console_socket=console_socket,
            preserve_fds=preserve_fds,
            proc=proc,
            filter=chosen,
            joined=(Joined(pidfd, _flags(container)),),
        )
        before = (Joined(pidfd, CLONE_NEWPID),) if "pid" in container.namespaces else ()
        try:
            steps = joining_process.steps_of(_join(container, surroundings, root), wait)
            child = fork_in(before, entry.directory)
            if child is None:
                joining_process.run(steps, theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
    finally:
        entry.close()
        for descriptor in opened:
            os.close(descriptor)
    return BegunExec(child, ours, waits=wait)


def _check_process(process: Process, console_socket: int | None) -> None:
    """InvalidParameter for what can't be carried out."""
    validate.process(process)
    labels.check(process)
    if process.terminal != (console_socket is not None):
        raise InvalidParameter("a terminal needs a console socket, and the other way round")


def _check_container(container: ContainerState, ignore_paused: bool) -> None:
    """Conflict for one in which nothing can be executed now."""
    status = container.status()
    if status == STOPPED:
        raise Conflict("cannot exec a container that has stopped")
    if status == PAUSED and not ignore_paused:
        raise Conflict("cannot exec in a paused container (use --ignore-paused to override)")


def _join(container: ContainerState, surroundings: Surroundings, root: int) -> Join:
    """What the process takes over of the container."""
    wanted_score = surroundings.process.oom_score_adj
    return Join(
        surroundings=surroundings,
        root=root,
        user="user" in container.namespaces,
        keyring=not container.no_new_keyring,
        personality=Personality(container.personality) if container.personality else None,
        oom_score=container.oom_score if wanted_score is None else wanted_score,
    )


def _entry(container: ContainerState, below: Mapping[str, str]) -> Entry:
    """The way into the container's cgroup, or into one below it. NotFound when that isn't there."""
    paths = {}
    for controller, path in container.cgroup_paths.items():
        sub = below.get(controller, below.get("", ""))
        paths[controller] = f"{path}{clean_path('/' + sub)}".rstrip("/")
    for controller in below:
        if controller and controller not in paths:
            raise InvalidParameter(f"unknown controller {controller} in --cgroup")
    return restored(paths).entry()


def _flags(container: ContainerState) -> int:
    """The kinds of namespace that the process joins itself."""
    flags = 0
    for kind in container.namespaces:
        flags |= FLAGS[kind]
    return flags & ~CLONE_NEWPID


def _open_root(container: ContainerState) -> int:
    """The container's root directory, for one whose root is not that of its mount namespace."""
    path = f"/proc/{container.pid}/root"
    try:
        return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SystemFailure(f"open {path}: {reason(error)}") from error
