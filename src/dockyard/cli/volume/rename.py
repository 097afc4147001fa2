"""`dockyard volume rename`: give a volume another name."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import volumes


def run(session: Session, options: Parsed) -> int:
    """Renames a volume that no container has, and prints its new name."""
    name, new_name = options.arguments
    session.line(volumes.rename(session.client, name, new_name)["Name"])
    return 0


COMMAND = Command("VOLUME NEW_NAME", "Give a volume another name", run, least=2, most=2)
