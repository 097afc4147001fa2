"""`dockyard load`: images from an archive."""

from __future__ import annotations

import os

from dockyard.cli.archive_file import archive_pieces, opened
from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.platform import platform_json
from dockyard.cli.output.progress import show_progress
from dockyard.cli.session import STDIN, STDOUT, Session, write_all
from dockyard.client import images


def run(session: Session, options: Parsed) -> int:
    """Sends the archive, a file or stdin, and shows what the daemon loads."""
    path = options["input"]
    if not path and session.is_terminal(STDIN):
        raise Exit(1, "requested load from stdin, but stdin is empty")
    source = opened(path) if path else STDIN
    quiet = options["quiet"] or not session.is_terminal(STDOUT)
    platform = platform_json(options["platform"] or "")
    response = images.load(session.client, archive_pieces(source), quiet=quiet, platform=platform)
    if path:
        os.close(source)
    if "json" in response.headers.get("content-type", ""):
        show_progress(session, response, target=STDOUT)
    else:
        for piece in response.pieces():
            write_all(STDOUT, piece)
    return 0


COMMAND = Command(
    "[OPTIONS]",
    "Load images from an archive",
    run,
    flags=(
        Flag("input", "i", STRING, "File to read from, instead of stdin"),
        Flag("platform", "", STRING, "Load only this platform"),
        Flag("quiet", "q", BOOL, "Show no progress"),
    ),
    most=0,
    aliases=("image load", "load"),
)
