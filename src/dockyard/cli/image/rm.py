"""`dockyard rmi`: remove names of images, and images that have no name left."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL, LIST
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.platform import platform_json
from dockyard.cli.session import Session
from dockyard.client import images
from dockyard.errors import DockyardError, NotFound


def run(session: Session, options: Parsed) -> int:
    """Removes images and prints what was untagged and deleted; with --force it is no failure that one isn't there."""
    platforms = [text for one in options["platform"] or () if (text := platform_json(one)) is not None]
    errors, fatal = [], False
    for name in options.arguments:
        try:
            removed = images.remove(
                session.client, name, force=options["force"], no_prune=options["no-prune"], platforms=platforms
            )
        except DockyardError as error:
            fatal = fatal or not isinstance(error, NotFound)
            errors.append(str(error))
            continue
        for item in removed:
            session.line(f"Deleted: {item['Deleted']}" if item.get("Deleted") else f"Untagged: {item['Untagged']}")
    if errors:
        session.error("\n".join(errors))
    return 1 if errors and (fatal or not options["force"]) else 0


COMMAND = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Remove images",
    run,
    flags=(
        Flag("force", "f", BOOL, "Remove it although it is used"),
        Flag("no-prune", "", BOOL, "Keep parents that have no name"),
        Flag("platform", "", LIST, "Remove only this platform"),
    ),
    least=1,
    aliases=("image rm", "image remove", "rmi"),
)
