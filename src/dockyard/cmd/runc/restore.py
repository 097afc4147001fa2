"""`restore`: refused, see `checkpoint`. https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-restore.8.md"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.checkpoint import FLAGS
from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Values
from dockyard.errors import NotImplementedYet


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Always NotImplementedYet."""
    del invocation, values
    raise NotImplementedYet(f"restore of {arguments[0]} failed: checkpoints are not supported by dockyard-runc")


COMMAND: Final = Command("restore", "refused: there is no checkpoint", run, FLAGS)
