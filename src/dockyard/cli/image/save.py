"""`dockyard save`: images as an archive."""

from __future__ import annotations

from dockyard.cli.archive_file import check_output, write_archive
from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.platform import platform_json
from dockyard.cli.session import STDOUT, Session
from dockyard.client import images


def run(session: Session, options: Parsed) -> int:
    """Writes the archive to a file or to stdout."""
    if not options["output"] and session.is_terminal(STDOUT):
        raise Exit(1, "cowardly refusing to save to a terminal. Use the -o flag or redirect")
    check_output(options["output"] or "", "failed to save image")
    write_archive(
        images.save(session.client, options.arguments, platform_json(options["platform"] or "")),
        options["output"] or "",
    )
    return 0


COMMAND = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Write images as an archive",
    run,
    flags=(
        Flag("output", "o", STRING, "File to write to, instead of stdout"),
        Flag("platform", "", STRING, "Save only this platform"),
    ),
    least=1,
    aliases=("image save", "save"),
)
