"""Where a process is in the cgroup trees of this machine, and what stands there. cgroups(7)."""

import os

import pytest


def directories(pid: int) -> list[str]:
    """The directory of the process in each hierarchy."""
    mounts = _mounts()
    found = []
    with open(f"/proc/{pid}/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controllers in mounts:
                found.append(mounts[controllers] + path)
    return found


def directory(pid: int, controller: str) -> str:
    """The process's directory for a v1 controller; the test is skipped where it isn't mounted."""
    mounts = _mounts()
    with open(f"/proc/{pid}/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controller in controllers.split(",") and controllers in mounts:
                return mounts[controllers] + path
    pytest.skip(f"cgroup v1 controller {controller} is not mounted here")


def value(pid: int, controller: str, file: str) -> str:
    """The content of a controller's file for the process, without the last newline."""
    with open(os.path.join(directory(pid, controller), file)) as opened:
        return opened.read().rstrip("\n")


def has(controller: str) -> bool:
    """Whether a v1 controller is mounted here."""
    return any(controller in controllers.split(",") for controllers in _mounts())


def _mounts() -> dict[str, str]:
    """Mount point by the controllers of the hierarchy, as /proc/<pid>/cgroup names them; "" is v2."""
    mounts = {}
    with open("/proc/self/mountinfo") as file:
        for line in file:
            before, _, after = line.partition(" - ")
            kind, _, options = after.split(" ", 2)
            point = before.split()[4]
            if kind == "cgroup2":
                mounts[""] = point
            elif kind == "cgroup":
                names = [
                    name
                    for name in options.split()[0].split(",")
                    if name not in ("rw", "ro", "xattr", "clone_children")
                ]
                mounts[",".join(names)] = point
    return mounts
