"""`dockyard image prune`: remove images that nothing needs."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FILTER, filters
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.prune import FORCE, confirmed, reclaimed
from dockyard.cli.session import Session
from dockyard.client import images

_DANGLING = "WARNING! This will remove all dangling images."
_ALL = "WARNING! This will remove all images without at least one container associated to them."


def run(session: Session, options: Parsed) -> int:
    """Asks, removes, prints what was untagged and deleted, and the space won."""
    if not options["force"]:
        confirmed(session, _ALL if options["all"] else _DANGLING)
    wanted = filters(options["filter"])
    wanted["dangling"] = ["false" if options["all"] else "true"]
    answer = images.prune(session.client, wanted)
    deleted = answer.get("ImagesDeleted") or []
    if deleted:
        session.line("Deleted Images:")
        for item in deleted:
            session.line(f"untagged: {item['Untagged']}" if item.get("Untagged") else f"deleted: {item['Deleted']}")
        session.line("")
    reclaimed(session, answer)
    return 0


COMMAND = Command(
    "[OPTIONS]",
    "Remove images that nothing needs",
    run,
    flags=(
        Flag("all", "a", BOOL, "Remove all that no container uses"),
        Flag("filter", "", FILTER, "Remove only what fits: name=value"),
        FORCE,
    ),
    most=0,
)
