"""`dockyard network disconnect`: take a container out of a network."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.client import networks


def run(session: Session, options: Parsed) -> int:
    """Disconnects a container, running or not."""
    network, container = options.arguments
    networks.disconnect(session.client, network, {"Container": container, "Force": options["force"]})
    return 0


COMMAND = Command(
    "[OPTIONS] NETWORK CONTAINER",
    "Take a container out of a network",
    run,
    flags=(Flag("force", "f", BOOL, "Even if the container is gone"),),
    least=2,
    most=2,
)
