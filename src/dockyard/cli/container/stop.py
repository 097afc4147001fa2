"""`dockyard stop`: send the stop signal, wait, kill what is left."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.stopping import FLAGS, stop_each
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import Session
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Stops containers and prints their names."""
    return stop_each(session, options, containers.stop)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Stop running containers",
    run,
    flags=FLAGS,
    least=1,
    aliases=("container stop", "stop"),
)
