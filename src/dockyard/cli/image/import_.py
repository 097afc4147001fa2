"""`dockyard import`: an image of one layer, made of a tar archive of files."""

from __future__ import annotations

from dockyard.cli.archive_file import archive_pieces, opened
from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import LIST, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.reference import checked
from dockyard.cli.output.progress import show_progress
from dockyard.cli.session import STDIN, STDOUT, Session
from dockyard.client import images


def run(session: Session, options: Parsed) -> int:
    """Sends a file or stdin, or has the daemon fetch a URL; prints the id of the image."""
    source, *rest = options.arguments
    repository, tag, _ = checked(rest[0]) if rest else ("", "", "")
    remote = source.startswith(("http://", "https://"))
    archive = None
    if not remote:
        archive = archive_pieces(STDIN if source == "-" else opened(source))
    response = images.create(
        session.client,
        {
            "fromSrc": source if remote else "-",
            "repo": repository or None,
            "tag": tag or None,
            "message": options["message"],
            "changes": options["change"],
            "platform": options["platform"],
        },
        archive,
    )
    show_progress(session, response, target=STDOUT)
    return 0


COMMAND = Command(
    "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
    "Make an image of a tar archive of files",
    run,
    flags=(
        Flag("change", "c", LIST, "Dockerfile instruction to apply"),
        Flag("message", "m", STRING, "Message"),
        Flag("platform", "", STRING, "Platform of the image"),
    ),
    least=1,
    aliases=("image import", "import"),
)
