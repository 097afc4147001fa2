"""`ps`: list a container's processes, by the host's `ps`.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-ps.8.md
"""

import json
import subprocess
from collections.abc import Collection, Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.errors import InvalidParameter, SystemFailure, Unavailable
from dockyard.runtime.container_processes import processes
from dockyard.runtime.container_state import load


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Print them as `ps` does, or their process ids as JSON."""
    pids = processes(load(invocation.root, arguments[0]))
    if values["format"] == "json":
        print(json.dumps(pids or None, separators=(",", ":")), file=invocation.out)
        return 0
    if values["format"] != "table":
        raise InvalidParameter("invalid format option")
    try:
        done = subprocess.run(["ps", *(arguments[1:] or ["-ef"])], capture_output=True, text=True, check=False)
    except OSError as error:
        raise Unavailable(f'exec: "ps": {error.strerror}') from error
    if done.returncode != 0:
        raise SystemFailure(f"exit status {done.returncode}: {done.stdout}{done.stderr}")
    print(only(done.stdout, pids), file=invocation.out)
    return 0


def only(table: str, pids: Collection[int]) -> str:
    """The title and the rows of `ps` whose process id is among `pids`.

    Raises:
        InvalidParameter: no column PID, because the options for `ps` ask for none.
    """
    title, *rows = table.splitlines()
    try:
        column = title.split().index("PID")
    except ValueError:
        raise InvalidParameter("couldn't find PID field in ps output") from None
    wanted = {str(pid) for pid in pids}
    return "\n".join([title, *(row for row in rows if row.split(None, column + 1)[column] in wanted)])


COMMAND: Final = Command(
    "ps",
    "list the processes of a container",
    run,
    flags=(Flag(("format", "f"), "'table' or 'json'", default="table"),),
    arguments="<container-id> [ps options]",
    arity=("at least", 1),
    reorder=False,
)
