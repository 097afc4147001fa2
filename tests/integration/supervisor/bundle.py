"""OCI bundles for these tests: a busybox root filesystem, configurations with Docker's usual namespaces and mounts."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

BUSYBOX = "/bin/busybox"
APPLETS = (
    *("sh", "cat", "echo", "sleep", "true", "false", "head", "tail", "dd", "seq", "kill", "printf", "yes", "wc"),
    *("stty", "id", "env", "ls", "ps", "nc", "md5sum", "usleep", "tr", "test", "tty"),
)


def make_rootfs(directory: Path) -> Path:
    """A root filesystem with busybox and its applets."""
    for name in ("bin", "dev", "etc", "proc", "sys", "tmp", "root"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(BUSYBOX, directory / "bin/busybox")
    for applet in APPLETS:
        os.symlink("busybox", directory / "bin" / applet)
    (directory / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (directory / "etc/motd").write_text("not a program\n")
    return directory


def process(*args: str, tty: bool = False) -> dict[str, Any]:
    """An OCI process."""
    return {
        "terminal": tty,
        "user": {"uid": 0, "gid": 0},
        "args": list(args),
        "env": ["PATH=/bin", "TERM=xterm", "HOME=/root"],
        "cwd": "/",
        "capabilities": {name: ["CAP_KILL", "CAP_CHOWN"] for name in ("bounding", "effective", "permitted")},
        "oomScoreAdj": 0,
    }


def config(
    container_id: str, rootfs: str, *args: str, tty: bool = False, memory_bytes: int | None = None
) -> dict[str, Any]:
    """An OCI configuration that runs `args`."""
    resources: dict[str, Any] = {"devices": [{"allow": False, "access": "rwm"}, *_DEVICES]}
    if memory_bytes is not None:
        resources["memory"] = {"limit": memory_bytes, "swap": memory_bytes}
    return {
        "ociVersion": "1.2.0",
        "process": process(*args, tty=tty),
        "root": {"path": rootfs},
        "hostname": container_id[:12],
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
            {
                "destination": "/dev",
                "type": "tmpfs",
                "source": "tmpfs",
                "options": ["nosuid", "mode=755", "size=65536k"],
            },
            {
                "destination": "/dev/pts",
                "type": "devpts",
                "source": "devpts",
                "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
            },
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "cgroupsPath": f"/dockyard-test/{container_id}",
            "resources": resources,
        },
    }


_DEVICES = [
    {"allow": True, "type": "c", "major": major, "minor": minor, "access": "rwm"}
    for major, minor in ((1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, None))
]
for _device in _DEVICES:
    if _device["minor"] is None:
        del _device["minor"]


def write_bundle(directory: str, configuration: dict[str, Any]) -> None:
    """Put `config.json` into the shim's directory."""
    os.makedirs(directory, exist_ok=True)
    with open(f"{directory}/config.json", "w", encoding="utf-8") as file:
        json.dump(configuration, file)
