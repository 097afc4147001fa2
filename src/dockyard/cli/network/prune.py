"""`dockyard network prune`: remove networks that no container is in."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FILTER, filters
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.prune import FORCE, confirmed
from dockyard.cli.session import Session
from dockyard.client import networks

_WARNING = "WARNING! This will remove all custom networks not used by at least one container."


def run(session: Session, options: Parsed) -> int:
    """Asks, removes, prints the names."""
    if not options["force"]:
        confirmed(session, _WARNING)
    deleted = networks.prune(session.client, filters(options["filter"])).get("NetworksDeleted") or []
    if deleted:
        session.write("Deleted Networks:\n" + "".join(f"{name}\n" for name in deleted) + "\n")
    return 0


COMMAND = Command(
    "[OPTIONS]",
    "Remove networks that nothing uses",
    run,
    flags=(Flag("filter", "", FILTER, "Remove only what fits: until=<time>, label=<name>"), FORCE),
    most=0,
)
