"""How a container ended, on disk: written whole before anybody is told, read by whichever daemon comes next."""

import json
import os

from dockyard.fs.atomic import write_once
from dockyard.shim.directory import ShimDirectory, read_object
from dockyard.shim.messages import ExitRecord

KILLED = 137
"""128 + SIGKILL: what is reported when nobody was there to see the end."""


def exit_record(wait_status: int, *, oom_killed: bool, finished_at_ns: int) -> ExitRecord:
    """The record for a status of waitpid(2)."""
    if os.WIFSIGNALED(wait_status):
        signal = os.WTERMSIG(wait_status)
        return ExitRecord(128 + signal, signal, oom_killed, finished_at_ns)
    return ExitRecord(os.WEXITSTATUS(wait_status), 0, oom_killed, finished_at_ns)


def write_exit(directory: ShimDirectory, record: ExitRecord) -> None:
    """Leave `record` in the shim's directory; OSError."""
    write_once(directory.exit, json.dumps(record._asdict()).encode())


def read_exit(directory: ShimDirectory) -> ExitRecord | None:
    """The record in a shim's directory; None when the container hasn't ended, or nobody saw its end."""
    fields = read_object(directory.exit)
    if fields is None:
        return None
    try:
        return ExitRecord(**fields)
    except TypeError:
        return None
