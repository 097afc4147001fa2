"""A bundle: a root filesystem with busybox in it, and a configuration that each case changes where it needs to."""

import copy
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

from tests.peers import program

CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]

CONFIG: dict[str, Any] = {
    "ociVersion": "1.0.2",
    "process": {
        "terminal": False,
        "user": {"uid": 0, "gid": 0},
        "args": ["true"],
        "env": ["PATH=/bin", "TERM=xterm"],
        "cwd": "/",
        "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), CAPABILITIES),
        "noNewPrivileges": True,
    },
    "root": {"path": "rootfs", "readonly": False},
    "hostname": "conformance",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {
            "destination": "/dev",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
        },
        {
            "destination": "/dev/pts",
            "type": "devpts",
            "source": "devpts",
            "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        },
        {
            "destination": "/dev/shm",
            "type": "tmpfs",
            "source": "shm",
            "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
        },
        {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
    ],
    "linux": {
        "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
        "resources": {"devices": [{"allow": False, "access": "rwm"}]},
    },
}


class Bundle:
    """A bundle's directory and its configuration, which counts when it is saved."""

    def __init__(self, directory: Path) -> None:
        """Make the root filesystem below `directory`; see `saved` for the configuration."""
        self.directory = directory
        self.config = copy.deepcopy(CONFIG)
        self.rootfs = directory / "rootfs"
        make_rootfs(self.rootfs)

    @property
    def process(self) -> dict[str, Any]:
        """`process` of the configuration."""
        process: dict[str, Any] = self.config["process"]
        return process

    @property
    def linux(self) -> dict[str, Any]:
        """`linux` of the configuration."""
        linux: dict[str, Any] = self.config["linux"]
        return linux

    def script(self, text: str) -> None:
        """Let the container run `text` with its shell, ending at the first failure."""
        self.process["args"] = ["sh", "-e", "-c", text]

    def mount(self, destination: str, kind: str, source: str | Path, *options: str) -> None:
        """A further mount."""
        self.config["mounts"].append(
            {"destination": destination, "type": kind, "source": str(source), "options": list(options)}
        )

    def without_namespace(self, kind: str) -> None:
        """Let the container stay in the runtime's namespace of that kind."""
        self.linux["namespaces"] = [entry for entry in self.linux["namespaces"] if entry["type"] != kind]

    def namespace(self, kind: str, path: str | None = None) -> None:
        """A new namespace of that kind, or the one at `path`."""
        self.without_namespace(kind)
        self.linux["namespaces"].append({"type": kind} | ({"path": path} if path else {}))

    def save(self) -> None:
        """Write `config.json`."""
        (self.directory / "config.json").write_text(json.dumps(self.config))


def make_rootfs(directory: Path) -> None:
    """A root filesystem of a static busybox, the links to its applets, and empty directories to mount on."""
    busybox = shutil.which("busybox") or program("busybox").path
    for folder in ("bin", "proc", "sys", "dev", "tmp", "etc", "root", "mnt"):
        (directory / folder).mkdir(parents=True)
    shutil.copy(busybox, directory / "bin/busybox")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            (directory / "bin" / applet).symlink_to("busybox")
    (directory / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    os.chmod(directory / "tmp", stat.S_ISVTX | 0o777)
