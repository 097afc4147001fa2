"""Where a container's cgroup is, on machines with cgroup v1, v2 or both."""

from pathlib import Path

from tests.peers.guard import cgroup_directories

TOP = Path("/sys/fs/cgroup")


def controller_folder(pid: int, controller: str) -> Path:
    """Folder of `controller` that the process is in. On v2 there is one folder for all controllers."""
    folders = [Path(folder) for folder in cgroup_directories(str(pid))]
    v1 = [folder for folder in folders if folder.parts[4] == controller]
    if v1:
        return v1[0]
    unified = [folder for folder in folders if (folder / "cgroup.controllers").exists()]
    assert unified, f"process {pid} is in no {controller} cgroup: {folders}"
    return unified[0]


def is_v1(controller: str) -> bool:
    """Whether the machine has `controller` as a v1 hierarchy."""
    return (TOP / controller / "cgroup.procs").exists() and (TOP / controller / "tasks").exists()
