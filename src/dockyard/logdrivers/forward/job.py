"""What is to be sent, and to whom: `<spool>/job.json`, which the daemon writes at each start of a container."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dockyard.fs.atomic import write_atomic
from dockyard.logdrivers.contract import Subject

JOB = "job.json"
REMOVED = "removed"
"""A file of this name says that the container is gone: the spool is removed once it has been sent."""


@dataclass(frozen=True, slots=True)
class Job:
    """The log driver of a container with its options, and the container."""

    driver: str
    options: Mapping[str, str]
    subject: Subject


def write_job(spool: str, job: Job) -> None:
    """Makes the directory `spool`, if it isn't there, and writes the job into it; OSError."""
    os.makedirs(spool, mode=0o700, exist_ok=True)
    write_atomic(f"{spool}/{JOB}", json.dumps(asdict(job)).encode())


def read_job(spool: str) -> Job | None:
    """The job in the directory `spool`; None when there is none that can be read."""
    try:
        with open(f"{spool}/{JOB}", "rb") as file:
            value: dict[str, Any] = json.loads(file.read())
        subject = value["subject"]
        subject.update({name: tuple(subject[name]) for name in ("arguments", "env")})
        return Job(value["driver"], value["options"], Subject(**subject))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def mark_removed(spool: str) -> None:
    """Says that the container is gone; nothing happens when it has no spool. OSError."""
    if os.path.isdir(spool):
        write_atomic(f"{spool}/{REMOVED}", b"")
