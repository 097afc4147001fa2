"""`dockyard unpause`: let the processes of containers go on."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Lets containers go on and prints their names."""

    def one(name: str) -> str:
        containers.unpause(session.client, name)
        return name

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "CONTAINER [CONTAINER...]",
    "Let the processes of containers go on",
    run,
    least=1,
    aliases=("container unpause", "unpause"),
)
