"""In the caller: which namespaces a container gets new, which it joins, and forking into them.

New ones come with clone3, at the birth of the process, except cgroup (made when the process is in its cgroup) and
time (its offsets can only be set while nobody is in it). Pid and time namespaces are joined by the caller, for its
children, which then goes back to its own: those of the caller itself never change, only what its next child gets.
"""

import os
from collections.abc import Callable

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
from dockyard.runtime.channel import PID, Channel
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

    def fork(self, caller: Channel, child: Channel, cgroup: int | None) -> Child | None:
        """Fork into them: the child gets None, the caller the child. SystemFailure, in the caller only."""
        user = next((each.descriptor for each in self._joined if each.flags == CLONE_NEWUSER), None)
        try:
            if user is not None:
                return self._fork_through(user, caller, child, cgroup)
            return self._fork_here(self.birth_flags, cgroup)
        except OSError as error:
            raise SystemFailure(f"fork into namespaces: {reason(error)}") from error

    def _fork_here(self, flags: int, cgroup: int | None) -> Child | None:
        """Fork with pid and time namespaces set for it, and set back in the caller."""
        back: list[Joined] = []
        try:
            for joined in self._joined:
                if joined.flags & FOR_CHILDREN:
                    back.append(_own(joined.flags))
                    setns(joined.descriptor, joined.flags)
            if "time" in self.own:
                back.append(_own(CLONE_NEWTIME))
                unshare(CLONE_NEWTIME)
                self._set_clocks()
            child = fork_into(flags, cgroup)
        except OSError:
            go_back(back)
            raise
        if child is not None:  # the child stays where it is
            go_back(back)
        return child

    def _set_clocks(self) -> None:
        lines = "".join(f"{clock} {each.secs} {each.nanosecs}\n" for clock, each in self._linux.time_offsets.items())
        if lines:
            with open("/proc/self/timens_offsets", "w", encoding="ascii") as file:
                file.write(lines)

    def _fork_through(self, user: int, caller: Channel, child: Channel, cgroup: int | None) -> Child | None:
        """Fork by way of a process that is in the user namespace already, so that the other namespaces belong to it."""
        return fork_through(user, lambda: self._fork_here(self.birth_flags | CLONE_PARENT, cgroup), caller, child)


def fork_through(user: int, fork: Callable[[], Child | None], caller: Channel, child: Channel) -> Child | None:
    """Have an intermediate process join the user namespace `user` and `fork` from there, as a sibling. OSError.

    It tells the number of its sibling by the channel, and exits.
    """
    intermediate = fork_into()
    if intermediate is None:
        try:
            setns(user, CLONE_NEWUSER)
            become_mapped_root()
            made = fork()
            if made is None:
                return None
            child.send(PID, pid=made.pid)
            os._exit(0)
        except BaseException as error:
            child.send_error(error)
            os._exit(1)
    try:
        pid = int(caller.expect(PID)["pid"])
        return Child(pid, os.pidfd_open(pid))
    finally:
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


def go_back(namespaces: list[Joined]) -> None:
    """Let the next children be born in `namespaces` again, and close them. OSError."""
    for each in namespaces:
        setns(each.descriptor, each.flags)
        os.close(each.descriptor)
