"""`dockyard rename`: give a container another name."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import containers
from dockyard.errors import DockyardError


def run(session: Session, options: Parsed) -> int:
    """Renames a container."""
    old, new = (name.strip() for name in options.arguments)
    if not old or not new:
        raise Exit(1, "Error: Neither old nor new names may be empty")
    try:
        containers.rename(session.client, old, new)
    except DockyardError as error:
        raise Exit(1, f"{error}\nError: failed to rename container named {old}") from None
    return 0


COMMAND = Command(
    "CONTAINER NEW_NAME",
    "Give a container another name",
    run,
    least=2,
    most=2,
    aliases=("container rename", "rename"),
)
