"""`dockyard image inspect`: all that is known of images."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.inspect import FORMAT, inspect
from dockyard.cli.session import Session
from dockyard.client import images
from dockyard.errors import NotImplementedYet


def run(session: Session, options: Parsed) -> int:
    """Prints images as JSON or by template."""
    if options["platform"]:
        raise NotImplementedYet("--platform is not supported by Dockyard yet")
    return inspect(session, options.arguments, options["format"], lambda name: images.inspect_raw(session.client, name))


COMMAND = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Show all that is known of images",
    run,
    flags=(FORMAT, Flag("platform", "", STRING, "Platform of the image", hidden=True)),
    least=1,
)
