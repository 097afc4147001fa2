"""`dockyard tag`: another name for an image."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.exit import Exit
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.image.reference import checked
from dockyard.cli.session import Session
from dockyard.client import images
from dockyard.errors import InvalidParameter


def run(session: Session, options: Parsed) -> int:
    """Names the image."""
    source, target = options.arguments
    try:
        repository, tag, digest = checked(target)
    except InvalidParameter as error:
        raise Exit(1, f'Error parsing reference: "{target}" is not a valid repository/tag: {error}') from None
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
