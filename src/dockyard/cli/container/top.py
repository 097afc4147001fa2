"""`dockyard top`: the processes of a container, as ps(1) on the host shows them."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.output.table import aligned
from dockyard.cli.session import Session
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Prints the table of processes; what follows the container's name are options of ps."""
    name, *arguments = options.arguments
    answer = containers.top(session.client, name, " ".join(arguments))
    rows = [answer["Titles"], *(answer.get("Processes") or [])]
    session.line(aligned("\n".join("\t".join(row) for row in rows), least=20))
    return 0


COMMAND = Command(
    "CONTAINER [ps OPTIONS]",
    "List the processes of a container",
    run,
    least=1,
    aliases=("container top", "top"),
    interspersed=False,
)
