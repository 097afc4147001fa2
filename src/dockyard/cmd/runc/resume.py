"""`resume`:

let the processes of a paused container go on. https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-resume.8.md
"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Values
from dockyard.runtime.container_resume import resume
from dockyard.runtime.container_state import load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Let them go on."""
    del values
    resume(load(invocation.root, arguments[0]))
    return 0


COMMAND: Final = Command("resume", "resume the processes of a paused container", run)
