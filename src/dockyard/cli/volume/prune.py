"""`dockyard volume prune`: remove volumes that nothing uses."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FILTER, filters
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.prune import FORCE, confirmed, reclaimed
from dockyard.cli.session import Session
from dockyard.client import volumes

_ANONYMOUS = "WARNING! This will remove anonymous local volumes not used by at least one container."
_ALL = "WARNING! This will remove all local volumes not used by at least one container."


def run(session: Session, options: Parsed) -> int:
    """Asks, removes, prints the names and the space won."""
    if not options["force"]:
        confirmed(session, _ALL if options["all"] else _ANONYMOUS)
    wanted = filters(options["filter"])
    if options["all"]:
        wanted["all"] = ["true"]
    answer = volumes.prune(session.client, wanted)
    deleted = answer.get("VolumesDeleted") or []
    if deleted:
        session.write("Deleted Volumes:\n" + "".join(f"{name}\n" for name in deleted) + "\n")
    reclaimed(session, answer)
    return 0


COMMAND = Command(
    "[OPTIONS]",
    "Remove volumes that nothing uses",
    run,
    flags=(
        Flag("all", "a", BOOL, "Remove named ones too"),
        Flag("filter", "", FILTER, "Remove only what fits: name=value"),
        FORCE,
    ),
    most=0,
)
