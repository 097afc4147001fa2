"""`dockyard network inspect`: all that is known of networks."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.inspect import FORMAT, inspect
from dockyard.cli.session import Session
from dockyard.client import networks


def run(session: Session, options: Parsed) -> int:
    """Prints networks as JSON or by template."""

    def fetch(name: str) -> bytes:
        return networks.inspect_raw(session.client, name, verbose=options["verbose"])

    return inspect(session, options.arguments, options["format"], fetch)


COMMAND = Command(
    "[OPTIONS] NETWORK [NETWORK...]",
    "Show all that is known of networks",
    run,
    flags=(FORMAT, Flag("verbose", "v", BOOL, "Show what helps to find faults")),
    least=1,
)
