"""In the caller: which namespaces a container gets new, which it joins, and forking into them.

New ones come with clone3, at the birth of the process, except cgroup (made when the process is in its cgroup) and
time (its offsets can only be set while nobody is in it). Pid and time namespaces are joined by the caller, for its
children, which then goes back to its own: those of the caller itself never change, only what its next child gets.
"""

import os
from collections.abc import Callable
from contextlib import suppress

from dockyard.errors import NotFound, SystemFailure
from dockyard.linux.clone import CLONE_PARENT, Child, fork_into
from dockyard.linux.libc import reason
from dockyard.linux.namespaces import (
    CLONE_NEWCGROUP,
    CLONE_NEWPID,
    CLONE_NEWTIME,
    CLONE_NEWUSER,
    FLAGS,
    setns,
    unshare,
)
from dockyard.runtime.channel import PID, open_channel
from dockyard.runtime.init.credentials import become_mapped_root
from dockyard.runtime.launch import Joined
from dockyard.spec.runtime import Linux

FOR_CHILDREN = CLONE_NEWPID | CLONE_NEWTIME
"""Kinds that a process doesn't enter itself, only its children."""


class NamespacePlan:
    """The namespaces of `linux`, with those to join opened. Call `close` when the process is made."""

    def __init__(self, linux: Linux) -> None:
        self._linux = linux
        self.own = frozenset(each.type for each in linux.namespaces if not each.path)
        self._joined = _open(linux)

    def close(self) -> None:
        """Close what was opened."""
        for joined in self._joined:
            os.close(joined.descriptor)

    @property
    def joined(self) -> tuple[Joined, ...]:
        """Those that the process joins itself, after its birth."""
        others = FOR_CHILDREN | CLONE_NEWUSER
        return tuple(each for each in self._joined if not each.flags & others)

    @property
    def birth_flags(self) -> int:
        """Those that the process is born with, as CLONE_NEW*."""
        flags = 0
        for kind in self.own:
            flags |= FLAGS[kind]
        return flags & ~(CLONE_NEWCGROUP | CLONE_NEWTIME)

    def fork(self, cgroup: int | None, sibling: bool = False) -> Child | None:
        """Fork into them: the child gets None, the caller the child. SystemFailure, in the caller only.

        `cgroup` as `clone.fork_into` takes it; with `sibling` what is forked has the caller's parent.
        """
        user = next((each.descriptor for each in self._joined if each.flags == CLONE_NEWUSER), None)
        before = tuple(each for each in self._joined if each.flags & FOR_CHILDREN)
        clocks = self._set_clocks if "time" in self.own else None
        parent = CLONE_PARENT if sibling else 0
        try:
            if user is None:
                return fork_in(before, cgroup, self.birth_flags | parent, clocks)
            # By way of a process that is in the user namespace already, so that the other namespaces belong to that.
            flags = self.birth_flags | CLONE_PARENT
            return fork_through(user, lambda: fork_in(before, None, flags, clocks, come_back=False), cgroup, parent)
        except OSError as error:
            raise SystemFailure(f"fork into namespaces: {reason(error)}") from error

    def _set_clocks(self) -> None:
        """Write the offsets of a time namespace that is still empty. OSError."""
        lines = "".join(f"{clock} {each.secs} {each.nanosecs}\n" for clock, each in self._linux.time_offsets.items())
        if lines:
            with open("/proc/self/timens_offsets", "w", encoding="ascii") as file:
                file.write(lines)


def fork_in(
    before: tuple[Joined, ...],
    cgroup: int | None,
    flags: int = 0,
    set_clocks: Callable[[], None] | None = None,
    come_back: bool = True,
) -> Child | None:
    """Fork with the pid and time namespaces `before` for the child, and the caller's own for the next one. OSError.

    `flags` and `cgroup` as `clone.fork_into` takes them. With `set_clocks` the child gets a new time namespace, whose
    clocks that sets. `come_back` False: the caller will fork no more, or may not return.
    """
    back: list[Joined] = []
    try:
        for joined in before:
            back += [_own(joined.flags)] if come_back else []
            setns(joined.descriptor, joined.flags)
        if set_clocks is not None:
            back += [_own(CLONE_NEWTIME)] if come_back else []
            unshare(CLONE_NEWTIME)
            set_clocks()
        child = fork_into(flags, cgroup)
    except OSError:
        _go_back(back)
        raise
    if child is not None and come_back:  # the child stays where it is
        _go_back(back)
    return child


def fork_through(user: int, fork: Callable[[], Child | None], cgroup: int | None, flags: int) -> Child | None:
    """Have an intermediate process, born in `cgroup` with `flags`, join the user namespace `user` and `fork` from
    there.

    What it forks is its sibling; it tells the number, and exits. OSError, SystemFailure.
    """
    ours, theirs = open_channel()
    intermediate = fork_into(flags, cgroup)
    if intermediate is None:
        try:
            setns(user, CLONE_NEWUSER)
            become_mapped_root()
            made = fork()
            if made is None:
                ours.close()
                theirs.close()
                return None
            theirs.send(PID, pid=made.pid)
            os._exit(0)
        except BaseException as error:
            theirs.send_error(error)
            os._exit(1)
    theirs.close()
    try:
        pid = int(ours.expect(PID)["pid"])
        return Child(pid, os.pidfd_open(pid))
    finally:
        ours.close()
        with suppress(ChildProcessError):  # of the caller's parent, which reaps it
            os.waitpid(intermediate.pid, 0)
        os.close(intermediate.pidfd)


def _open(linux: Linux) -> tuple[Joined, ...]:
    joined: list[Joined] = []
    for kind, flag in FLAGS.items():
        for namespace in linux.namespaces:
            if namespace.type == kind and namespace.path:
                joined.append(Joined(_open_path(namespace.path, joined), flag))
    return tuple(joined)


def _open_path(path: str, opened: list[Joined]) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        for each in opened:
            os.close(each.descriptor)
        if isinstance(error, FileNotFoundError):
            raise NotFound(f"lstat {path}: no such file or directory") from None
        raise SystemFailure(f"open {path}: {reason(error)}") from error


def _own(flag: int) -> Joined:
    """The caller's own namespace of that kind, to go back to."""
    name = "pid" if flag == CLONE_NEWPID else "time"
    return Joined(os.open(f"/proc/self/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), flag)


def _go_back(namespaces: list[Joined]) -> None:
    """Let the next children be born in `namespaces` again, and close them. OSError."""
    for each in namespaces:
        setns(each.descriptor, each.flags)
        os.close(each.descriptor)
