"""`dockyard volume inspect`: all that is known of volumes."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.output.inspect import FORMAT, inspect
from dockyard.cli.session import Session
from dockyard.client import volumes


def run(session: Session, options: Parsed) -> int:
    """Prints volumes as JSON or by template."""
    return inspect(
        session, options.arguments, options["format"], lambda name: volumes.inspect_raw(session.client, name)
    )


COMMAND = Command(
    "[OPTIONS] VOLUME [VOLUME...]",
    "Show all that is known of volumes",
    run,
    flags=(FORMAT,),
    least=1,
)
