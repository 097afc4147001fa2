"""`dockyard network rm`: remove networks."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.client import networks
from dockyard.errors import DockyardError, NotFound


def run(session: Session, options: Parsed) -> int:
    """Removes networks and prints their names."""

    failed = False
    for name in options.arguments:
        try:
            networks.remove(session.client, name)
        except DockyardError as error:
            if not (options["force"] and isinstance(error, NotFound)):
                session.error(str(error))
                failed = True
            continue
        session.line(name)
    if failed:
        raise Exit(1, "exit status 1")
    return 0


COMMAND = Command(
    "NETWORK [NETWORK...]",
    "Remove networks",
    run,
    flags=(Flag("force", "f", BOOL, "It is no failure that one isn't there"),),
    least=1,
    aliases=("network rm", "network remove"),
)
