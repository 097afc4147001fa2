"""`dockyard restart`: stop containers and start them again."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.stopping import FLAGS, stop_each
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Restarts containers and prints their names."""
    return stop_each(session, options, containers.restart)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Stop containers and start them again",
    run,
    flags=FLAGS,
    least=1,
    aliases=("container restart", "restart"),
)
