"""`create`: make a container whose process waits for `start`.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#create
https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-create.8.md
"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.launching import BUNDLE_FLAGS, background


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Create it, and leave it to whoever starts it."""
    background(invocation, values, arguments[0])
    return 0


COMMAND: Final = Command(
    "create",
    "create a container",
    run,
    flags=(*BUNDLE_FLAGS, Flag(("pid-file",), "file to write the process id to")),
    failure_prefix="runc create failed: ",
    description="Its process is the one that config.json in the bundle names, and waits for 'start'.",
)
