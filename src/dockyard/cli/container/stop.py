"""`dockyard stop`: send the stop signal, wait, kill what is left."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import INT, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.several import for_each
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Stops containers and prints their names."""

    def one(name: str) -> str:
        timeout = options["time"] if options["timeout"] is None else options["timeout"]
        containers.stop(session.client, name, timeout_seconds=timeout, signal=options["signal"] or "")
        return name

    return for_each(session, options.arguments, one)


COMMAND = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Stop running containers",
    run,
    flags=(
        Flag("signal", "s", STRING, "Signal to send"),
        Flag("timeout", "t", INT, "Seconds to wait before killing"),
        Flag("time", "", INT, "Seconds to wait before killing", hidden=True),
    ),
    least=1,
    aliases=("container stop", "stop"),
)
