"""`delete`: remove what is left of a container.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#delete
https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-delete.8.md
"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.errors import NotFound
from dockyard.runtime.container_delete import delete
from dockyard.runtime.container_state import load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Remove it; one that isn't there is no error with --force. A poststop hook that fails is a warning."""
    try:
        container = load(invocation.root, arguments[0])
    except NotFound:
        if values["force"]:
            return 0
        raise
    for warning in delete(container, values["force"]):
        invocation.log.warning(warning)
    return 0


COMMAND: Final = Command(
    "delete",
    "delete what is left of a container",
    run,
    flags=(Flag(("force", "f"), "kill the container (SIGKILL) if it still runs", "switch"),),
)
