"""`dockyard tag`: another name for an image."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.image.reference import split
from dockyard.cli.session import Session
from dockyard.client import images


def run(session: Session, options: Parsed) -> int:
    """Names the image."""
    source, target = options.arguments
    repository, tag, digest = split(target)
    if digest:
        raise Exit(1, "refusing to create a tag with a digest reference")
    images.tag(session.client, source, repository, tag or "latest")
    return 0


COMMAND = Command(
    "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
    "Give an image another name",
    run,
    least=2,
    most=2,
    aliases=("image tag", "tag"),
)
