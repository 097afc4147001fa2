"""`dockyard commit`: an image of what a container changed."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL, LIST, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.reference import checked
from dockyard.cli.session import Session
from dockyard.client import images


def run(session: Session, options: Parsed) -> int:
    """Makes the image and prints its id."""
    container, *rest = options.arguments
    repository, tag, _ = checked(rest[0]) if rest else ("", "", "")
    identifier = images.commit(
        session.client,
        {
            "container": container,
            "repo": repository or None,
            "tag": tag or None,
            "comment": options["message"],
            "author": options["author"],
            "changes": options["change"],
            "pause": "1" if options["pause"] else "0",
        },
    )
    session.line(identifier)
    return 0


COMMAND = Command(
    "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
    "Make an image of what a container changed",
    run,
    flags=(
        Flag("author", "a", STRING, "Author"),
        Flag("change", "c", LIST, "Dockerfile instruction to apply"),
        Flag("message", "m", STRING, "Message"),
        Flag("pause", "p", BOOL, "Hold the container meanwhile", default=True),
    ),
    least=1,
    most=2,
    aliases=("container commit", "commit"),
)
