"""An image's configuration as a runtime's: config.json of a bundle.

Clause by clause: https://github.com/opencontainers/image-spec/blob/v1.1.0/conversion.md. What the image doesn't say
(mounts, capabilities, namespaces, masked paths) is as Docker has it for a container without options. The image's
volumes are plain directories of the root filesystem, which is the bundle's own anyway.
"""

from __future__ import annotations

import os

from dockyard.engine.containers.spec.user import resolve_user
from dockyard.engine.security.defaults import DEFAULT_CAPABILITIES, MASKED_PATHS, READONLY_PATHS
from dockyard.fs.rooted import RootedTree
from dockyard.spec.image.config import Image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NO = ["nosuid", "noexec", "nodev"]
_MOUNTS: list[dict[str, Any]] = [
    {"destination": "/proc", "type": "proc", "source": "proc", "options": _NO},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755"]},
    {
        "destination": "/dev/pts",
        "type": "devpts",
        "source": "devpts",
        "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": [*_NO, "mode=1777", "size=65536k"]},
    {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": _NO},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [*_NO, "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": [*_NO, "relatime", "ro"]},
]


def runtime_config(image: Image, rootfs: str) -> dict[str, Any]:
    """config.json for `image`, unpacked at `rootfs`. Raises InvalidParameter for a user whom the image doesn't know."""
    config = image.config
    user = resolve_user(config.user, (), lambda path: _text(rootfs, path))
    environment = list(config.env)
    if not any(item.startswith("PATH=") for item in environment):
        environment.insert(0, _PATH)
    if not any(item.startswith("HOME=") for item in environment):
        environment.append(f"HOME={user.home or '/'}")
    capabilities = list(DEFAULT_CAPABILITIES)
    process = {
        "terminal": False,
        "user": {"uid": user.uid, "gid": user.gid, "additionalGids": list(user.additional_gids)},
        "args": [*(config.entrypoint or ()), *(config.cmd or ())] or ["sh"],
        "env": environment,
        "cwd": config.working_dir or "/",
        "capabilities": {
            "bounding": capabilities,
            "effective": capabilities if user.uid == 0 else [],
            "permitted": capabilities if user.uid == 0 else [],
        },
        "noNewPrivileges": True,
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
    }
    return {
        "ociVersion": "1.0.2",
        "process": process,
        "root": {"path": "rootfs", "readonly": False},
        "hostname": "dockyard",
        "mounts": _MOUNTS,
        "annotations": _annotations(image),
        "linux": {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [{"type": name} for name in ("pid", "network", "ipc", "uts", "mount")],
            "maskedPaths": list(MASKED_PATHS),
            "readonlyPaths": list(READONLY_PATHS),
        },
    }


def _text(rootfs: str, path: str) -> str:
    """A small file of the image, found without leaving `rootfs`; empty where there is none."""
    with RootedTree(rootfs) as tree:
        try:
            descriptor = tree.open_file(tuple(os.fsencode(part) for part in path.strip("/").split("/")))
        except OSError:
            return ""
    with open(descriptor, "rb") as file:
        return file.read(1 << 20).decode("utf-8", "replace")


def _annotations(image: Image) -> dict[str, str]:
    config = image.config
    found = {
        "org.opencontainers.image.os": image.os,
        "org.opencontainers.image.architecture": image.architecture,
        "org.opencontainers.image.author": image.author,
        "org.opencontainers.image.created": image.created,
        "org.opencontainers.image.stopSignal": config.stop_signal,
        "org.opencontainers.image.exposedPorts": ",".join(config.exposed_ports),
    }
    return {**{key: value for key, value in found.items() if value}, **config.labels}
