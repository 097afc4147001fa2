"""The last steps of every process of a container, in the order in which they must come.

no_new_privs, working directory as root may see it, user and capabilities, working directory as the user may,
the program is looked up                                   → all of that may fail, and is reported
(a first process waits here)
the filter, the last capability, execve                    → nothing of ours runs after this
"""

import errno
import os
from typing import NoReturn

from dockyard.errors import SystemFailure
from dockyard.linux import seccomp
from dockyard.linux.descriptors import close_all_but
from dockyard.linux.libc import reason
from dockyard.linux.process import set_no_new_privileges
from dockyard.runtime.init import stdio
from dockyard.runtime.init.credentials import Privileges
from dockyard.runtime.init.environment import environment
from dockyard.runtime.init.executable import look_up
from dockyard.runtime.launch import Surroundings

DEFAULT_UMASK = 0o022
CANNOT_EXECUTE = 126


class Execution:
    """One process about to become its program. `kept` are descriptors that it still needs, close-on-exec."""

    def __init__(self, surroundings: Surroundings, kept: set[int]) -> None:
        self._surroundings = surroundings
        self._kept = kept
        process = surroundings.process
        keep_admin = surroundings.filter is not None and not process.no_new_privileges
        self._privileges = Privileges(process.capabilities, process.user, keep_admin)
        self._environment: dict[str, str] = {}
        self._program = ""

    def prepare(self) -> None:
        """Everything up to the point where only the filter and execve are left. NotFound, Forbidden, SystemFailure."""
        process = self._surroundings.process
        stdio.give_to(process.user.uid)
        os.umask(DEFAULT_UMASK if process.user.umask is None else process.user.umask)
        if process.no_new_privileges:
            set_no_new_privileges()
        # Before the working directory is chosen: a path like /proc/self/fd/7 would else lead out (CVE-2024-21626).
        preserved = range(3, 3 + self._surroundings.preserve_fds)
        close_all_but({0, 1, 2, *preserved, *self._kept})
        for descriptor in preserved:
            os.set_inheritable(descriptor, True)
        late = not _enter(process.cwd)
        self._privileges.reduce()
        if late and not _enter(process.cwd):
            raise SystemFailure(f'chdir to cwd ("{process.cwd}") set in config.json failed: permission denied')
        _check_inside()
        self._environment = environment(process.env, process.user.uid)
        self._program = look_up(process.args[0], self._environment.get("PATH", ""))

    def execute(self) -> NoReturn:
        """Install the filter and become the program;

        what fails before is raised, a failing execve is told on stderr.
        """
        chosen = self._surroundings.filter
        try:
            if chosen is not None:
                self._privileges.raise_admin()
                seccomp.install(chosen.program, chosen.flags)
            self._privileges.drop_last()
        except OSError as error:
            raise SystemFailure(f"error setting seccomp filter: {reason(error)}") from error
        name = self._surroundings.process.args[0]
        try:
            os.execve(self._program, self._surroundings.process.args, self._environment)
        except OSError as error:
            os.write(2, f"exec {name}: {reason(error)}\n".encode(errors="replace"))
        except ValueError as error:
            os.write(2, f"exec {name}: {error}\n".encode(errors="replace"))
        os._exit(CANNOT_EXECUTE)


def _enter(path: str) -> bool:
    """Change to the directory `path`; False when this user may not. SystemFailure when it can't be done at all."""
    try:
        os.chdir(path)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            return False
        raise SystemFailure(f'chdir to cwd ("{path}") set in config.json failed: {reason(error)}') from error
    return True


def _check_inside() -> None:
    """SystemFailure when the working directory lies outside of the root: then the kernel has no path for it."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise SystemFailure("current working directory is outside of container mount namespace root") from None
    except OSError as error:
        if error.errno != errno.EACCES:
            raise SystemFailure(f"getcwd: {reason(error)}") from error
