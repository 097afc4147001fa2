"""`dockyard container prune`: remove all stopped containers."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FILTER, filters
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.prune import FORCE, confirmed, reclaimed
from dockyard.cli.session import Session
from dockyard.client import containers


def run(session: Session, options: Parsed) -> int:
    """Asks, removes, prints the ids and the space won."""
    if not options["force"]:
        confirmed(session, "WARNING! This will remove all stopped containers.")
    answer = containers.prune(session.client, filters(options["filter"]))
    deleted = answer.get("ContainersDeleted") or []
    if deleted:
        session.write("Deleted Containers:\n" + "".join(f"{identifier}\n" for identifier in deleted) + "\n")
    reclaimed(session, answer)
    return 0


COMMAND = Command(
    "[OPTIONS]",
    "Remove all stopped containers",
    run,
    flags=(Flag("filter", "", FILTER, "Remove only what fits: name=value"), FORCE),
    most=0,
)
