"""`kill`: send a signal to a container's first process, or to all.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#kill
https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-kill.8.md
"""

import signal
from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.errors import InvalidParameter
from dockyard.runtime.container_kill import kill
from dockyard.runtime.container_state import load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Send it."""
    number = parse_signal(arguments[1] if len(arguments) > 1 else "SIGTERM")
    kill(load(invocation.root, arguments[0]), number, values["all"])
    return 0


def parse_signal(text: str) -> int:
    """`9`, `KILL`, `SIGKILL`, `sigkill` → 9; a number isn't checked here but by the kernel.

    Raises:
        InvalidParameter: a name that no signal has.
    """
    try:
        return int(text, 10)
    except ValueError:
        name = text.upper()
        try:
            return int(signal.Signals[name if name.startswith("SIG") else f"SIG{name}"])
        except KeyError:
            raise InvalidParameter(f'unknown signal "{text}"') from None


COMMAND: Final = Command(
    "kill",
    "send a signal to a container's first process (default: SIGTERM)",
    run,
    flags=(Flag(("all", "a"), "send it to every process of the container", "switch"),),
    arguments="<container-id> [signal]",
    arity=("at least", 1),
    description='The signal is a number or a name, with or without "SIG".',
)
