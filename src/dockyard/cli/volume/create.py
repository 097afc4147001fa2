"""`dockyard volume create`: make a volume."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.options.environment import LABEL, pairs
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import LIST, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.client import volumes


def run(session: Session, options: Parsed) -> int:
    """Makes a volume and prints its name."""
    name = options.arguments[0] if options.arguments else ""
    if options["name"]:
        if name:
            words = "cannot specify a volume-name through both --name and as a positional arg"
            raise Exit(1, f"conflicting options: {words}")
        name = options["name"]
    body = {
        "Name": name,
        "Driver": options["driver"],
        "DriverOpts": pairs(options["opt"]),
        "Labels": pairs(options["label"]),
    }
    session.line(volumes.create(session.client, body)["Name"])
    return 0


COMMAND = Command(
    "[OPTIONS] [VOLUME]",
    "Make a volume",
    run,
    flags=(
        Flag("driver", "d", STRING, "Driver", default="local"),
        Flag("label", "", LABEL, "Label: key=value"),
        Flag("name", "", STRING, "Name", hidden=True),
        Flag("opt", "o", LIST, "Option of the driver: key=value"),
    ),
    most=1,
)
