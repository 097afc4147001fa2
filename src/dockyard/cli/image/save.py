"""`dockyard save`: images as an archive."""

from __future__ import annotations

from dockyard.cli.archive_file import check_output, write_archive
from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import STDOUT, Session
from dockyard.client import images
from dockyard.errors import NotImplementedYet


def run(session: Session, options: Parsed) -> int:
    """Writes the archive to a file or to stdout."""
    if options["platform"]:
        raise NotImplementedYet("--platform is not supported by Dockyard yet")
    if not options["output"] and session.is_terminal(STDOUT):
        raise Exit(1, "cowardly refusing to save to a terminal. Use the -o flag or redirect")
    check_output(options["output"] or "", "failed to save image")
    write_archive(images.save(session.client, options.arguments), options["output"] or "")
    return 0


COMMAND = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Write images as an archive",
    run,
    flags=(
        Flag("output", "o", STRING, "File to write to, instead of stdout"),
        Flag("platform", "", STRING, "Save only this platform", hidden=True),
    ),
    least=1,
    aliases=("image save", "save"),
)
