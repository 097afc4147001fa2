"""Making and removing cgroup directories, and what lives below them."""

import errno
import os
import time

from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.linux.libc import reason

_BUSY_SECONDS = 0.001
_BUSY_TRIES = 11
"""A process that was killed leaves its cgroup only when the kernel has dismantled it; waits double, 2 s together."""


def clean_path(path: str) -> str:
    """`path` without `.`, `..` and doubled slashes, never above the top; InvalidParameter for what no name can hold."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    if any("\n" in part for part in parts):
        raise InvalidParameter(f"invalid cgroup path: {path!r}")
    return "/" + "/".join(parts) if path.startswith("/") else "/".join(parts)


def make(path: str) -> bool:
    """Make the directory `path` and those above it; whether it was made now. SystemFailure."""
    try:
        os.mkdir(path, 0o755)
    except FileNotFoundError:
        make(os.path.dirname(path))
        return make(path)
    except FileExistsError:
        return False
    except OSError as error:
        raise SystemFailure(f"mkdir {path}: {reason(error)}") from error
    return True


def open_file(path: str) -> int:
    """Descriptor to write into the file `path`; NotFound when the cgroup is gone."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound(f"cgroup {os.path.dirname(path)} does not exist") from None
    except OSError as error:
        raise SystemFailure(f"open {path}: {reason(error)}") from error


def below(path: str) -> list[str]:
    """`path` and all directories below it, the deepest first; empty when there is none."""
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [deeper for name in names for deeper in below(f"{path}/{name}")]
    return [*found, path]


def pids(path: str) -> list[int]:
    """The processes in the cgroup directory `path` and below, without duplicates, in order of number."""
    found: set[int] = set()
    for directory in below(path):
        try:
            with open(f"{directory}/cgroup.procs", "rb") as file:
                found.update(map(int, file.read().split()))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENODEV, errno.EOPNOTSUPP):
                raise SystemFailure(f"read {directory}/cgroup.procs: {reason(error)}") from error
    return sorted(found)


def remove(path: str) -> None:
    """Remove `path` and all below it; waits a little for processes that are on their way out. SystemFailure."""
    for attempt in range(_BUSY_TRIES):
        try:
            os.rmdir(path)  # nothing below, which is the rule: one system call
            return
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.ENOTEMPTY):
                raise SystemFailure(f"rmdir {path}: {reason(error)}") from error
            failure = error
        for directory in below(path)[:-1]:
            try:
                os.rmdir(directory)
            except OSError as error:
                failure = error
        if attempt:
            time.sleep(_BUSY_SECONDS * (1 << (attempt - 1)))
    raise SystemFailure(f"unable to remove cgroup {path}: {reason(failure)}")
