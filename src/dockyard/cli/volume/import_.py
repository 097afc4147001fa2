"""`dockyard volume import`: a volume made of a tar archive."""

from __future__ import annotations

from dockyard.cli.archive_file import archive_pieces, opened
from dockyard.cli.command import Command
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.session import STDIN, Session
from dockyard.client import volumes


def run(session: Session, options: Parsed) -> int:
    """Makes a volume with the content of a file or of stdin, and prints its name."""
    source, name = options.arguments
    pieces = archive_pieces(STDIN if source == "-" else opened(source))
    session.line(volumes.import_(session.client, name, pieces)["Name"])
    return 0


COMMAND = Command("file|- VOLUME", "Make a volume of a tar archive", run, least=2, most=2)
