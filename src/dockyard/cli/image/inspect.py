"""`dockyard image inspect`: all that is known of images."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.platform import platform_json
from dockyard.cli.output.inspect import FORMAT, inspect
from dockyard.cli.session import Session
from dockyard.client import images


def run(session: Session, options: Parsed) -> int:
    """Prints images as JSON or by template."""
    platform = platform_json(options["platform"] or "")
    return inspect(
        session, options.arguments, options["format"], lambda name: images.inspect_raw(session.client, name, platform)
    )


COMMAND = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Show all that is known of images",
    run,
    flags=(FORMAT, Flag("platform", "", STRING, "Platform of the image")),
    least=1,
)
