"""`state`: print what is known of a container.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#query-state
https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-state.8.md
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Values
from dockyard.runtime.container_state import ContainerState, load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Print it."""
    del values
    document = describe(load(invocation.root, arguments[0]), owner="")
    invocation.out.write(json.dumps(document, indent=2))
    return 0


def describe(container: ContainerState, owner: str) -> dict[str, Any]:
    """The state with what runc adds to the spec's.

    Args:
        container: the container.
        owner: name of the user that made it; runc tells it in lists only.
    """
    state = container.oci_state()
    document = {
        "ociVersion": state.oci_version,
        "id": state.id,
        "pid": state.pid,
        "status": state.status,
        "bundle": state.bundle,
        "rootfs": container.rootfs,
        "created": container.created,
    }
    if container.annotations:
        document["annotations"] = dict(container.annotations)
    return document | {"owner": owner}


COMMAND: Final = Command("state", "print the state of a container", run)
