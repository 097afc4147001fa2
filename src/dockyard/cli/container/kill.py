"""`dockyard kill`: send a signal to containers, SIGKILL unless another is named."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Signals containers and prints their names."""

    def one(name: str) -> str:
        containers.kill(session.client, name, options["signal"] or "")
        return name

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Send a signal to containers",
    run,
    flags=(Flag("signal", "s", STRING, "Signal to send"),),
    least=1,
    aliases=("container kill", "kill"),
)
