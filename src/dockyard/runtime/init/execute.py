"""The last steps of every process of a container, in the order in which they must come.

no_new_privs, working directory as root may see it, user and capabilities, working directory as the user may,
the program is looked up                                   → all of that may fail, and is reported
(a first process waits here)
the filter, the last capability, execve                    → nothing of ours runs after this

A process that is begun ahead waits later, with the filter on, and so what depends on the container's files comes later
still: `looking_up_late`.
"""

import os

from dockyard.linux import seccomp
from dockyard.linux.descriptors import close_range, gaps
from dockyard.linux.process import NO_NEW_PRIVILEGES, prctl
from dockyard.runtime.init import stdio
from dockyard.runtime.init.credentials import Privileges
from dockyard.runtime.init.program import Program
from dockyard.runtime.init.steps import Step
from dockyard.runtime.launch import Surroundings

DEFAULT_UMASK = 0o022


class Execution:
    """One process about to become its program.

    Args:
        surroundings: what its caller made.
        kept: descriptors that it still needs, close-on-exec.
        available: the capabilities that it will have by then, as bits.
        owned: whether its 0, 1 and 2 are its user's already.
    """

    def __init__(self, surroundings: Surroundings, kept: set[int], available: int, *, owned: bool = False) -> None:
        self._surroundings = surroundings
        self._kept = kept
        self._owned = owned
        process = surroundings.process
        keep_admin = surroundings.filter is not None and not process.no_new_privileges
        self._privileges = Privileges(process.capabilities, process.user, available, keep_admin)
        self._program = Program(process)

    def preparing(self) -> list[Step]:
        """Everything up to the point where only the filter and execve are left: NotFound, Forbidden, SystemFailure."""
        return [
            *self._tidying(),
            Step("chdir", self._program.enter_directory),
            *self._privileges.reducing(),
            self._looking_up(),
        ]

    def reducing_only(self) -> list[Step]:
        """`preparing` without a look at the container's files, for `looking_up_late`. SystemFailure."""
        return [*self._tidying(), *self._privileges.reducing()]

    def looking_up_late(self) -> list[Step]:
        """As the user and under the filter, both of which may forbid what `preparing` is allowed: any error then."""
        self._program.enter_late()
        return [self._looking_up()]

    def _looking_up(self) -> Step:
        return Step("look up", self._program.look_up)

    def _tidying(self) -> list[Step]:
        """What depends on nothing but `process`: streams, umask, no_new_privs, descriptors."""
        process = self._surroundings.process
        steps = [] if self._owned else [Step("fchown", stdio.give_to, (process.user.uid,))]
        umask = DEFAULT_UMASK if process.user.umask is None else process.user.umask
        steps.append(Step("umask", os.umask, (umask,)))
        if process.no_new_privileges:
            steps.append(Step("set no_new_privs", prctl, NO_NEW_PRIVILEGES))
        # Before the working directory is chosen: a path like /proc/self/fd/7 would else lead out (CVE-2024-21626).
        preserved = range(3, 3 + self._surroundings.preserve_fds)
        steps += [Step("close_range", close_range, gap) for gap in gaps({0, 1, 2, *preserved, *self._kept})]
        steps += [Step("preserve fds", os.set_inheritable, (each, True)) for each in preserved]
        return steps

    def filtering(self) -> list[Step]:
        """Install the filter and give up what that took. SystemFailure."""
        steps = []
        chosen = self._surroundings.filter
        if chosen is not None:
            failure = "error setting seccomp filter"
            steps += [step._replace(failure=failure) for step in self._privileges.raising_admin()]
            steps.append(Step(failure, *seccomp.prepared(chosen.program, chosen.flags)))
            steps += [step._replace(failure=failure) for step in self._privileges.dropping_admin()]
        return steps

    def executing(self) -> list[Step]:
        """Become the program; this doesn't return."""
        return [Step("execve", self._program.become)]
