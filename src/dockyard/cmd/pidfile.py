"""The daemon's pid file: who runs, and that it runs once (dockerd(8), `--pidfile`)."""

import contextlib
import os
from types import TracebackType
from typing import Self

from dockyard.errors import AlreadyExists, SystemFailure
from dockyard.fs.atomic import write_atomic


class PidFile:
    """A pid file for the time of a `with` block; AlreadyExists when the process that it names is alive."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Self:
        if not self._path:
            return self
        if (pid := self._read()) is not None and pid != os.getpid() and _is_daemon(pid):
            raise AlreadyExists(f"process with PID {pid} is still running; delete {self._path} if that is wrong")
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_atomic(self._path, str(os.getpid()).encode(), mode=0o644)
        except OSError as error:
            raise SystemFailure(f"writing the pid file {self._path}: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path and self._read() == os.getpid():
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def _read(self) -> int | None:
        try:
            with open(self._path, encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return None


def _is_daemon(pid: int) -> bool:
    """Whether `pid` is alive and looks like a dockyardd: after a crash its number may belong to anybody."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"dockyardd" in file.read()
    except OSError:
        return False
