"""What /proc says about a process: tests look at containers from the host as a person would."""

import os
from pathlib import Path


def command_line(pid: int) -> list[str]:
    """The arguments of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")


def parent(pid: int) -> int:
    """Pid of the parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def environment(pid: int) -> list[str]:
    """The environment that the process was started with."""
    return Path(f"/proc/{pid}/environ").read_bytes().rstrip(b"\0").decode().split("\0")


def status(pid: int) -> dict[str, str]:
    """The fields of /proc/PID/status."""
    pairs = (line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {key: value.strip() for key, value in pairs}


def namespace(pid: int | str, kind: str) -> str:
    """Identity of a namespace: `pid:[4026531836]`."""
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def namespaces(pid: int | str) -> dict[str, str]:
    """All namespaces of a process by kind."""
    return {kind: namespace(pid, kind) for kind in ("pid", "ipc", "net", "mnt", "uts", "cgroup", "user")}


def pss_bytes(pid: int) -> int:
    """Proportional set size of a process, from smaps_rollup."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no Pss in smaps_rollup of {pid}")
