"""`spec`: write a `config.json` to begin with. https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-spec.8.md"""

import json
import os
from collections.abc import Sequence
from typing import Any, Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.system_error import failure
from dockyard.cmd.runc.version import OCI_VERSION
from dockyard.errors import AlreadyExists

CONFIG: Final = "config.json"

_CAPABILITIES: Final = ("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Write the file; AlreadyExists rather than replacing one."""
    del invocation, arguments
    bundle = values["bundle"]
    path = os.path.join(bundle, CONFIG) if bundle else CONFIG
    if bundle and not os.path.isdir(bundle):
        raise failure("chdir", bundle)
    document = json.dumps(starter(rootless=values["rootless"], uid=os.geteuid(), gid=os.getegid()), indent="\t")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        raise AlreadyExists(f"File {CONFIG} exists. Remove it first") from None
    except OSError as error:
        raise failure("open", path, error) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(document)
    return 0


def starter(*, rootless: bool, uid: int, gid: int) -> dict[str, Any]:
    """The specification, as the JSON object that it is.

    Args:
        rootless: for a user without privileges: a user namespace in which `uid` and `gid` are root, no network
            namespace (nobody could connect it), /sys bound from the host, no cgroup limits.
        uid, gid: of the user on the host.
    """
    return {
        "ociVersion": OCI_VERSION,
        "process": {
            "terminal": True,
            "user": {"uid": 0, "gid": 0},
            "args": ["sh"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": {name: list(_CAPABILITIES) for name in ("bounding", "effective", "permitted", "ambient")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": True},
        "hostname": "runc",
        "mounts": _mounts(rootless),
        "linux": _linux(rootless, uid, gid),
    }


def _mounts(rootless: bool) -> list[dict[str, Any]]:
    terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
    quiet = ["nosuid", "noexec", "nodev"]
    sys_mount = (
        _mount("/sys", "none", "/sys", ["rbind", *quiet, "ro"])
        if rootless
        else _mount("/sys", "sysfs", "sysfs", [*quiet, "ro"])
    )
    return [
        _mount("/proc", "proc", "proc"),
        _mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        # Group 5 is tty, which a user's own mapping doesn't have.
        _mount("/dev/pts", "devpts", "devpts", terminals if rootless else [*terminals, "gid=5"]),
        _mount("/dev/shm", "tmpfs", "shm", [*quiet, "mode=1777", "size=65536k"]),
        _mount("/dev/mqueue", "mqueue", "mqueue", quiet),
        sys_mount,
        _mount("/sys/fs/cgroup", "cgroup", "cgroup", [*quiet, "relatime", "ro"]),
    ]


def _mount(destination: str, kind: str, source: str, options: Sequence[str] = ()) -> dict[str, Any]:
    mount: dict[str, Any] = {"destination": destination, "type": kind, "source": source}
    if options:
        mount["options"] = list(options)
    return mount


def _linux(rootless: bool, uid: int, gid: int) -> dict[str, Any]:
    namespaces = ["pid", "ipc", "uts", "mount", "user"] if rootless else ["pid", "network", "ipc", "uts", "mount"]
    limits: dict[str, Any] = (
        {
            "uidMappings": [{"containerID": 0, "hostID": uid, "size": 1}],
            "gidMappings": [{"containerID": 0, "hostID": gid, "size": 1}],
        }
        if rootless
        else {"resources": {"devices": [{"allow": False, "access": "rwm"}]}}
    )
    return {
        **limits,
        "namespaces": [{"type": kind} for kind in namespaces],
        "maskedPaths": [
            "/proc/acpi",
            "/proc/asound",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/sys/firmware",
            "/proc/scsi",
        ],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    }


COMMAND: Final = Command(
    "spec",
    "write a specification to begin with",
    run,
    flags=(
        Flag(("bundle", "b"), "directory to write config.json into (default: the current one)"),
        Flag(("rootless",), "for a user without privileges", "switch"),
    ),
    arguments="",
    arity=("exactly", 0),
)
