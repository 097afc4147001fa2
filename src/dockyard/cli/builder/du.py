"""`dockyard buildx du`: what the cache of builds holds."""

from __future__ import annotations

import calendar
import time

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.table import aligned
from dockyard.cli.output.units import ago, human_size
from dockyard.cli.session import Session
from dockyard.client import builds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(session: Session, options: Parsed) -> int:
    """Lists the records, the largest first, and sums up."""
    records = sorted(builds.usage(session.client), key=lambda one: int(one.get("Size") or 0), reverse=True)
    if options["verbose"]:
        for one in records:
            session.write(_verbose(one))
    else:
        rows = [("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"), *(_row(one, session.now()) for one in records)]
        session.line(aligned("\n".join("\t".join(row) for row in rows)))
    shared = sum(int(one.get("Size") or 0) for one in records if one.get("Shared"))
    total = sum(int(one.get("Size") or 0) for one in records)
    free = sum(int(one.get("Size") or 0) for one in records if not one.get("InUse"))
    lines = [("Shared", shared), ("Private", total - shared)] if shared else []
    for name, size in [*lines, ("Reclaimable", free), ("Total", total)]:
        session.line(f"{name + ':':<15}{human_size(size)}")
    return 0


def _row(one: Any, now: float) -> tuple[str, ...]:
    used = _seconds(one.get("LastUsedAt") or "")
    mark = "*" if one.get("Shared") else ""
    return (
        str(one.get("ID")),
        "false" if one.get("InUse") else "true",
        human_size(int(one.get("Size") or 0)) + mark,
        ago(used, now) if used else "",
    )


def _verbose(one: Any) -> str:
    parents = ", ".join(one.get("Parents") or ([one["Parent"]] if one.get("Parent") else []))
    lines = {
        "ID": one.get("ID"),
        "Parent": parents,
        "Created at": one.get("CreatedAt"),
        "Reclaimable": str(not one.get("InUse")).lower(),
        "Shared": str(bool(one.get("Shared"))).lower(),
        "Size": human_size(int(one.get("Size") or 0)),
        "Description": one.get("Description"),
        "Usage count": one.get("UsageCount"),
        "Last used": one.get("LastUsedAt"),
        "Type": one.get("Type"),
    }
    return "".join(f"{name + ':':<15}{value}\n" for name, value in lines.items() if value not in (None, "")) + "\n"


def _seconds(text: str) -> float:
    try:
        return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0.0


COMMAND = Command(
    "[OPTIONS]",
    "Show what the cache of builds holds",
    run,
    flags=(Flag("verbose", "", BOOL, "Show all that is known of each record"),),
    most=0,
)
