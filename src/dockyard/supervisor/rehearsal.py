"""What every container's start does without touching the machine, done a few times before the first fork.

Python rewrites functions that are called often (PEP 659): what it has learnt of them here, no fork has to learn again,
on pages of its own; and names that are looked up the quick way aren't counted, so their pages stay shared.

https://peps.python.org/pep-0659/
"""

import json
import os
from typing import Any, Final

from dockyard.cgroups import Entry
from dockyard.errors import DockyardError
from dockyard.linux import capabilities
from dockyard.runtime import validate
from dockyard.runtime.channel import GO, open_channel
from dockyard.runtime.init import joining_process, labels
from dockyard.runtime.init.steps import Step, take
from dockyard.runtime.launch import Filter, Join, Stdio, Surroundings
from dockyard.runtime.rootfs.options import parse
from dockyard.shim.messages import CreateRequest, LogSettings, create_from_json, create_to_json
from dockyard.shim.packets import parse_packet, receive_raw, send_packet
from dockyard.shim.sockets import packet_pair
from dockyard.shim.stdio import open_pipes
from dockyard.spec.runtime import spec_from_json

ROUNDS: Final = 10
"""Python takes to a function after eight calls."""

_CAPABILITIES: Final = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE"]
_CONFIGURATION: Final[dict[str, Any]] = {
    "ociVersion": "1.2.0",
    "process": {
        "cwd": "/",
        "args": ["true"],
        "env": ["PATH=/usr/bin:/bin", "HOSTNAME=rehearsal", "HOME=/root"],
        "user": {"uid": 0, "gid": 0, "additionalGids": [0, 10]},
        "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), _CAPABILITIES),
        "oomScoreAdj": 0,
    },
    "root": {"path": "/"},
    "hostname": "rehearsal",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
        {"destination": "/etc/hosts", "type": "bind", "source": "/etc/hosts", "options": ["rbind", "rprivate"]},
    ],
    "linux": {
        "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"},
        "resources": {"devices": [{"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rwm"}]},
        "cgroupsPath": "/rehearsal",
        "namespaces": [{"type": kind} for kind in ("mount", "network", "uts", "pid", "ipc")],
        "maskedPaths": ["/proc/kcore"],
        "readonlyPaths": ["/proc/sys"],
        "seccomp": {
            "defaultAction": "SCMP_ACT_ERRNO",
            "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": [
                {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
                {
                    "names": ["clone"],
                    "action": "SCMP_ACT_ALLOW",
                    "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}],
                },
            ],
        },
    },
}


def rehearse() -> None:
    """Nothing is left of it but what Python has learnt; an error is none of a container's."""
    try:
        for _ in range(ROUNDS):
            _create()
            _execute()
    except (DockyardError, OSError):
        return


def _create() -> None:
    """The request comes in, the configuration is read and checked."""
    asked = CreateRequest("rehearsal", "/", log=LogSettings("json-file", "/"))
    ours, theirs = packet_pair()
    with ours, theirs:
        send_packet(ours, {"seq": 1, "op": "create", **create_to_json(asked)})
        raw = receive_raw(theirs)
        assert raw is not None  # both ends are ours
        json.dumps(create_to_json(create_from_json(parse_packet(raw).message)))
    spec = spec_from_json(json.loads(json.dumps(_CONFIGURATION)))
    validate.identifier("rehearsal")
    validate.specification(spec)
    for mount in spec.mounts:
        parse(mount)


def _execute() -> None:
    """The steps of a process are made, and some that have no effect are taken."""
    spec = spec_from_json(_CONFIGURATION)
    process = spec.process
    assert process is not None
    labels.check(process)
    stdio = open_pipes(open_stdin=False)
    ours, theirs = open_channel()
    try:
        ours.send(GO)
        theirs.receive()
        surroundings = Surroundings(
            process=process,
            container_id="rehearsal",
            channel=theirs,
            other=ours,
            entry=Entry(),
            stdio=Stdio(*stdio.theirs),
            console_socket=None,
            preserve_fds=0,
            proc=-1,
            filter=Filter(bytes(8), 0),
        )
        joining_process.steps_of(Join(surroundings, -1, user=False, keyring=True, personality=None, oom_score=0), True)
        take([Step("rehearse", os.getpid), Step("rehearse", capabilities.own)] * 2)
    finally:
        for channel in (ours, theirs):
            channel.close()
        stdio.close()
