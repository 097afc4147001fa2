"""`dockyard pause`: hold all processes of containers."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Pauses containers and prints their names."""

    def one(name: str) -> str:
        containers.pause(session.client, name)
        return name

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "CONTAINER [CONTAINER...]",
    "Hold all processes of containers",
    run,
    least=1,
    aliases=("container pause", "pause"),
)
