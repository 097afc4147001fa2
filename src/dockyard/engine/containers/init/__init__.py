"""`--init`: the program that is the first process of a container whose own program shall not have to reap orphans.

The daemon's `--init-path`, or the host's docker-init, as with dockerd; where there is none, Dockyard's own
(`docker-init.c`), built for the machine's architecture and copied to where the container can have it bound.
"""

import os
import shutil
from importlib.resources import files

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.atomic import write_atomic

NAME = "docker-init"
EXECUTABLE = 0o755


def init_program(wanted: str | None, machine: str, directory: str) -> str:
    """The path of the init to bind into containers.

    Args:
        wanted: the daemon's `--init-path`, a path or a name to look for.
        machine: the kernel's name of the architecture.
        directory: where Dockyard's own is put when the host has none; on a file system that isn't `noexec`.

    Raises:
        InvalidParameter: what is wanted isn't there, or nothing is there and Dockyard has none for `machine`.
        SystemFailure: the copy can't be made.
    """
    found = shutil.which(wanted or NAME)
    if found:
        return os.path.abspath(found)
    own = files(__name__) / f"{NAME}.{machine}"
    if wanted or not own.is_file():
        raise InvalidParameter(f'exec: "{wanted or NAME}": executable file not found in $PATH')
    path = f"{directory}/{NAME}"
    program = own.read_bytes()
    try:
        if _is_there(path, program):
            return path
        write_atomic(path, program, mode=EXECUTABLE)
    except OSError as error:
        raise SystemFailure(f"writing {path}: {error}") from error
    return path


def _is_there(path: str, program: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() == program and os.fstat(file.fileno()).st_mode & 0o777 == EXECUTABLE
    except FileNotFoundError:
        return False
