"""`dockyard container inspect`: all that is known of containers."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.inspect import FORMAT, inspect
from dockyard.cli.session import Session
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Prints containers as JSON or by template."""

    def fetch(name: str) -> bytes:
        return containers.inspect_raw(session.client, name, size=options["size"])

    return inspect(session, options.arguments, options["format"], fetch)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Show all that is known of containers",
    run,
    flags=(FORMAT, Flag("size", "s", BOOL, "Show sizes")),
    least=1,
)
