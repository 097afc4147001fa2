"""`dockyard volume rm`: remove volumes."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import volumes


def run(session: Session, options: Parsed) -> int:
    """Removes volumes and prints their names."""

    def one(name: str) -> str:
        volumes.remove(session.client, name, force=options["force"])
        return name

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "[OPTIONS] VOLUME [VOLUME...]",
    "Remove volumes",
    run,
    flags=(Flag("force", "f", BOOL, "It is no failure that one isn't there"),),
    least=1,
    aliases=("volume rm", "volume remove"),
)
