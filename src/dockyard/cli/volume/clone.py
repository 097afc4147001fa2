"""`dockyard volume clone`: a copy of a volume."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import volumes


def run(session: Session, options: Parsed) -> int:
    """Makes a volume with the same content, and prints its name."""
    name, new_name = options.arguments
    session.line(volumes.clone(session.client, name, new_name)["Name"])
    return 0


COMMAND = Command("VOLUME NEW_VOLUME", "Make a copy of a volume", run, least=2, most=2)
