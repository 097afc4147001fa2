"""`list`: print the containers below the root directory.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-list.8.md
"""

import json
import pwd
from collections.abc import Iterable, Sequence
from typing import Any, Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.state import describe
from dockyard.errors import InvalidParameter
from dockyard.runtime.container_state import load_all

_TITLES: Final = ("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER")
_KEYS: Final = ("id", "pid", "status", "bundle", "created", "owner")

_LEAST_WIDTH: Final = 12
_GAP: Final = 3


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Print a table, JSON, or the names alone."""
    del arguments
    containers = load_all(invocation.root)
    if values["quiet"]:
        for container in containers:
            print(container.id, file=invocation.out)
        return 0
    if values["format"] not in ("table", "json"):
        raise InvalidParameter("invalid format option")
    listed = [describe(container, _user_name(container.owner)) for container in containers]
    if values["format"] == "json":
        # An empty list is null, as Go's encoder writes a slice that was never made.
        print(json.dumps(listed or None, separators=(",", ":")), file=invocation.out)
    else:
        print(table(listed), file=invocation.out)
    return 0


def table(listed: Iterable[dict[str, Any]]) -> str:
    """Columns as Go's tabwriter makes them: as wide as needed and a gap, none below 12, the last one ragged."""
    rows = [_TITLES, *(tuple(str(document[key]) for key in _KEYS) for document in listed)]
    widths = [max(_LEAST_WIDTH, max(len(row[column]) for row in rows) + _GAP) for column in range(len(_TITLES) - 1)]
    return "\n".join("".join(map(str.ljust, row, widths)) + row[-1] for row in rows)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


COMMAND: Final = Command(
    "list",
    "list the containers below the root directory",
    run,
    flags=(
        Flag(("format", "f"), "'table' or 'json'", default="table"),
        Flag(("quiet", "q"), "print names only", "switch"),
    ),
    arguments="",
    arity=("exactly", 0),
)
