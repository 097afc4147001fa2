"""The file that tells the caller the process id, complete or not at all."""

import os

from dockyard.cmd.runc.system_error import failure


def write_pid_file(path: str, pid: int) -> None:
    """Write `pid` to the file at `path`, without a newline, as runc does; the caller may watch for the file.

    Raises:
        SystemFailure, NotFound: it can't be written there.
    """
    staged = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}")
    # A device or a pipe that somebody names here is written to. Renaming would put a file in its place.
    in_place = os.path.exists(path) and not os.path.isfile(path)
    try:
        descriptor = os.open(path if in_place else staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            os.write(descriptor, str(pid).encode())
        finally:
            os.close(descriptor)
        if not in_place:
            os.rename(staged, path)
    except OSError as error:
        raise failure("open", path, error) from error
