"""What the supervisor makes once and every fork of it has."""

from collections.abc import Callable
from typing import NamedTuple

from dockyard.cgroups.contract import Hierarchy
from dockyard.linux.title import Title


class Place(NamedTuple):
    """Where a supervisor and its shims are.

    `exec_root` is the directory of all sockets; `title` shows a process by another name; `hierarchy` are the cgroups of
    the machine; `report` writes an error with its traceback to stderr, which is a log; `clock` gives nanoseconds since
    the epoch; `oom_score` is what the daemon had (proc_pid_oom_score_adj(5)).
    """

    exec_root: str
    title: Title
    hierarchy: Hierarchy
    report: Callable[[BaseException], None]
    clock: Callable[[], int]
    oom_score: int = 0

    @property
    def shims(self) -> str:
        """The directory that has one directory for each container."""
        return f"{self.exec_root}/shims"

    @property
    def address(self) -> str:
        """The path of the supervisor's socket."""
        return f"{self.exec_root}/supervisor.sock"
