"""`dockyard diff`: what a container changed in its files."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import containers

_KINDS = {0: "C", 1: "A", 2: "D"}


def run(session: Session, options: Parsed) -> int:
    """Prints a line for each path: C changed, A added, D deleted."""
    for change in containers.changes(session.client, options.arguments[0]):
        session.line(f"{_KINDS.get(change['Kind'], '?')} {change['Path']}")
    return 0


COMMAND = Command(
    "CONTAINER",
    "List what a container changed in its files",
    run,
    least=1,
    most=1,
    aliases=("container diff", "diff"),
)
