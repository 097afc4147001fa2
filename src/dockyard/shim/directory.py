"""What lies in `<exec-root>/shims/<id>/`: the OCI bundle, and all that is needed to find the container again.

config.json          OCI configuration, written by the engine
shim.json            who keeps the container: pid, start time, the request; before anything is made
shim.sock            where the shim listens, while it lives
shim.log             what went wrong in the shim
pid                  of the container's first process
exit                 how it ended; written before anybody is told
<id>/                state of the OCI runtime, whose state root this is
"""

import json
import os
from typing import Any, NamedTuple

from dockyard.fs.atomic import write_once
from dockyard.fs.rooted import remove_tree
from dockyard.shim.messages import CreateRequest, create_to_json

_KEPT = ("config.json", "shim.log", "shim.sock")
"""What is there before a container is made: the engine's, and what the shim makes for itself meanwhile."""

_STAT_BYTES = 4096


class ShimDirectory(NamedTuple):
    """The files of one container below exec-root; `path` without a slash at the end."""

    path: str

    @property
    def exec_root(self) -> str:
        """Where all shims of the engine are."""
        return os.path.dirname(os.path.dirname(self.path))

    @property
    def config(self) -> str:
        """The OCI configuration."""
        return f"{self.path}/config.json"

    @property
    def log(self) -> str:
        """The shim's own log."""
        return f"{self.path}/shim.log"

    @property
    def pid(self) -> str:
        """The pid of the container's first process, in decimal."""
        return f"{self.path}/pid"

    @property
    def exit(self) -> str:
        """The exit record."""
        return f"{self.path}/exit"

    @property
    def runtime_state(self) -> str:
        """What the OCI runtime keeps of the container; its state root is `path`."""
        return f"{self.path}/{os.path.basename(self.path)}"

    def write_errors_to_log(self) -> None:
        """Make the shim's own log this process's stderr; OSError."""
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.dup2(log, 2)
        os.close(log)

    def clear(self) -> None:
        """Remove what an earlier run of the same container left; OSError when it can't be."""
        for name in os.listdir(self.path):
            if name not in _KEPT:
                remove_tree(f"{self.path}/{name}")

    def write_keeper(self, pid: int, request: CreateRequest) -> None:
        """Say who keeps the container (`pid`, a running process) and what was asked for; OSError."""
        keeper = {"pid": pid, "start_time": start_time(pid), "request": create_to_json(request)}
        write_once(f"{self.path}/shim.json", json.dumps(keeper).encode())

    def read_keeper(self) -> dict[str, Any] | None:
        """What `write_keeper` wrote; None when there is nothing (readable)."""
        return read_object(f"{self.path}/shim.json")

    def keeper_lives(self, keeper: dict[str, Any]) -> bool:
        """Whether the process that `keeper` names is still that one, not a later one with its number."""
        try:
            return start_time(int(keeper["pid"])) == int(keeper["start_time"])
        except (KeyError, TypeError, ValueError):
            return False


def read_object(path: str) -> dict[str, Any] | None:
    """The JSON object in the file at `path`; None when it isn't there or isn't one."""
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def start_time(pid: int) -> int | None:
    """When process `pid` was started, in ticks since boot (proc_pid_stat(5), field 22); None when there is none."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            fields = os.read(descriptor, _STAT_BYTES).rpartition(b")")[2].split()
        finally:
            os.close(descriptor)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])
