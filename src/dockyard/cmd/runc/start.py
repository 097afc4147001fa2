"""`start`: let a created container execute its program.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#start
"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Values
from dockyard.runtime.container_start import start
from dockyard.runtime.container_state import load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Start it; Conflict unless it is created. A poststart hook that fails is a warning."""
    del values
    for warning in start(load(invocation.root, arguments[0])):
        invocation.log.warning(warning)
    return 0


COMMAND: Final = Command("start", "start the process of a created container", run)
