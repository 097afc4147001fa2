"""`dockyard volume export`: a volume's content as a tar archive."""

from __future__ import annotations

from dockyard.cli.archive_file import check_output, write_archive
from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDOUT, Session
from dockyard.client import volumes


def run(session: Session, options: Parsed) -> int:
    """Writes the archive to a file or to stdout."""
    output = options["output"] or ""
    if not output and session.is_terminal(STDOUT):
        raise Exit(1, "cowardly refusing to save to a terminal. Use the -o flag or redirect")
    check_output(output, "failed to export volume")
    write_archive(volumes.export(session.client, options.arguments[0]), output)
    return 0


COMMAND = Command(
    "[OPTIONS] VOLUME",
    "Write a volume's content as a tar archive",
    run,
    flags=(Flag("output", "o", STRING, "File to write to"),),
    least=1,
    most=1,
)
