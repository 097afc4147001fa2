"""`pause`:

suspend all processes of a container. https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-pause.8.md
"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Values
from dockyard.runtime.container_pause import pause
from dockyard.runtime.container_state import load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Suspend them."""
    del values
    pause(load(invocation.root, arguments[0]))
    return 0


COMMAND: Final = Command("pause", "suspend all processes of a container", run)
