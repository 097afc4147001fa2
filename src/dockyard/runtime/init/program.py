"""What the process becomes: its program looked up inside its root, its environment, execve(2)."""

import errno
import os
from typing import NoReturn

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.runtime.init.environment import home, variables_of
from dockyard.runtime.init.executable import look_up
from dockyard.spec.runtime import Process

CANNOT_EXECUTE = 126


class Program:
    """The program of `process`, and its working directory: whether that may be entered can depend on the user."""

    def __init__(self, process: Process) -> None:
        self._arguments = process.args
        self._name = process.args[0]
        self._uid = process.user.uid
        self._cwd = process.cwd
        self._environment = variables_of(process.env)
        self._late = False
        self._path = ""

    def enter_directory(self) -> None:
        """Change to the working directory as the caller; left for later when it may not. SystemFailure."""
        try:
            os.chdir(self._cwd)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM):
                raise self._no_directory(reason(error)) from error
            self._late = True

    def enter_late(self) -> None:
        """In the caller, instead of `enter_directory`: the working directory is entered by `look_up`, as the user."""
        self._late = True

    def look_up(self) -> None:
        """As the user of the process: the working directory if it isn't entered yet, HOME, and the file to execute.

        NotFound, Forbidden, SystemFailure.
        """
        if self._late:
            try:
                os.chdir(self._cwd)
            except OSError as error:
                forbidden = error.errno in (errno.EACCES, errno.EPERM)
                raise self._no_directory("permission denied" if forbidden else reason(error)) from error
        _check_inside()
        if not self._environment.get("HOME"):
            self._environment["HOME"] = home(self._uid)
        self._path = look_up(self._name, self._environment.get("PATH", ""))

    def become(self) -> NoReturn:
        """execve(2); a failure is told on stderr, since nobody listens any more."""
        try:
            os.execve(self._path, self._arguments, self._environment)
        except OSError as error:
            os.write(2, f"exec {self._name}: {reason(error)}\n".encode(errors="replace"))
        except ValueError as error:
            os.write(2, f"exec {self._name}: {error}\n".encode(errors="replace"))
        os._exit(CANNOT_EXECUTE)

    def _no_directory(self, why: str) -> SystemFailure:
        return SystemFailure(f'chdir to cwd ("{self._cwd}") set in config.json failed: {why}')


def _check_inside() -> None:
    """SystemFailure when the working directory lies outside of the root: then the kernel has no path for it."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise SystemFailure("current working directory is outside of container mount namespace root") from None
    except OSError as error:
        if error.errno != errno.EACCES:
            raise SystemFailure(f"getcwd: {reason(error)}") from error
