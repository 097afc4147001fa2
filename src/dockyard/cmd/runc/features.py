"""`features`: what this runtime can do, as JSON for whoever drives it.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import dockyard
from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Values
from dockyard.cmd.runc.version import OCI_VERSION, OLDEST_OCI_VERSION
from dockyard.linux.capabilities import NAMES
from dockyard.linux.namespaces import FLAGS as NAMESPACES
from dockyard.runtime.rootfs.options import ATTRIBUTES, PROPAGATION, SUPERBLOCK
from dockyard.runtime.seccomp.actions import ACTIONS, OPERATORS
from dockyard.runtime.seccomp.architectures import ARCHITECTURES
from dockyard.runtime.seccomp.filter_flags import KNOWN_FLAGS

_HOOKS: Final = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Print it."""
    del values, arguments
    print(json.dumps(document(), indent=4), file=invocation.out)
    return 0


def document() -> dict[str, Any]:
    """The features, as the JSON object that they are."""
    return {
        "ociVersionMin": OLDEST_OCI_VERSION,
        "ociVersionMax": OCI_VERSION,
        "hooks": list(_HOOKS),
        "mountOptions": _mount_options(),
        "linux": {
            "namespaces": sorted(NAMESPACES),
            "capabilities": list(NAMES),
            "cgroup": {"v1": True, "v2": True, "systemd": False, "systemdUser": False, "rdma": True},
            "seccomp": {
                "enabled": True,
                # The profile is taken, but SCMP_ACT_NOTIFY needs an agent, which is refused.
                "actions": sorted(set(ACTIONS) - {"SCMP_ACT_NOTIFY"}),
                "operators": sorted(OPERATORS),
                "archs": sorted(ARCHITECTURES),
                "knownFlags": list(KNOWN_FLAGS),
                "supportedFlags": list(KNOWN_FLAGS),
            },
            "apparmor": {"enabled": True},
            "selinux": {"enabled": True},
            "intelRdt": {"enabled": False},
            "mountExtensions": {"idmap": {"enabled": True}},
        },
        "annotations": {"org.dockyard.version": dockyard.__version__},
        "potentiallyUnsafeConfigAnnotations": [],
    }


def _mount_options() -> list[str]:
    recursive = {f"r{name}" for name in ATTRIBUTES}
    return sorted({*ATTRIBUTES, *recursive, *PROPAGATION, *SUPERBLOCK, "bind", "rbind", "idmap", "ridmap", "tmpcopyup"})


COMMAND: Final = Command("features", "print what this runtime can do", run, arguments="", arity=("exactly", 0))
