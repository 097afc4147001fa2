"""`dockyard builder prune`: remove what builds have left in the cache."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FILTER, filters
from dockyard.cli.flags.kinds import BOOL, BYTES
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.prune import FORCE, confirmed, reclaimed
from dockyard.cli.session import Session
from dockyard.client import builds

_DANGLING = "WARNING! This will remove all dangling build cache."
_ALL = "WARNING! This will remove all build cache."


def run(session: Session, options: Parsed) -> int:
    """Asks, removes, prints what was removed, and the space won."""
    if not options["force"]:
        confirmed(session, _ALL if options["all"] else _DANGLING)
    wanted = {name: options[name] or None for name in _AMOUNTS}
    answer = builds.prune(session.client, {"all": options["all"], **wanted}, filters(options["filter"]))
    deleted = answer.get("CachesDeleted") or []
    if deleted:
        session.line("Deleted build cache objects:")
        for name in deleted:
            session.line(name)
        session.line("")
    reclaimed(session, answer)
    return 0


_AMOUNTS = ("keep-storage", "max-used-space", "min-free-space", "reserved-space")

COMMAND = Command(
    "[OPTIONS]",
    "Remove the cache of builds",
    run,
    flags=(
        Flag("all", "a", BOOL, "Remove all, not only what nothing needs"),
        Flag("filter", "", FILTER, "Remove only what fits: until=24h, type=exec.cachemount, id=…"),
        FORCE,
        Flag("keep-storage", "", BYTES, "Space that the cache may keep"),
        Flag("max-used-space", "", BYTES, "Most space that the cache may keep"),
        Flag("min-free-space", "", BYTES, "Space that should be free on the disk afterwards"),
        Flag("reserved-space", "", BYTES, "Space that the cache may always keep"),
    ),
    most=0,
)
