"""`dockyard system df`: what takes space on the disk, and how much of it would be won by pruning."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.formatter import formatted
from dockyard.cli.output.table import aligned
from dockyard.cli.output.units import human_size
from dockyard.cli.session import Session
from dockyard.cli.system.df_verbose import verbose_text
from dockyard.client import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TABLE = "{{.Type}}\\t{{.TotalCount}}\\t{{.Active}}\\t{{.Size}}\\t{{.Reclaimable}}"
_HEADERS = {
    "Type": "TYPE",
    "TotalCount": "TOTAL",
    "Active": "ACTIVE",
    "Size": "SIZE",
    "Reclaimable": "RECLAIMABLE",
}


def run(session: Session, options: Parsed) -> int:
    """Prints the summary, or with --verbose each object."""
    if options["disk"]:
        session.write(disk_text(system.disk_usage(session.client, disk=True)))
        return 0
    usage = system.disk_usage(session.client)
    if options["verbose"]:
        session.write(verbose_text(usage, session.now()))
        return 0
    rows = [_images(usage), _containers(usage), _volumes(usage), _cache(usage)]
    layout = options["format"] or ""
    session.write(
        formatted(rows, layout=layout, default=_TABLE, headers=_HEADERS, type_name="*formatter.diskUsageContext")
    )
    return 0


def disk_text(usage: Any) -> str:
    """Each share of the disk that isn't empty, and all of them together."""
    shares = [one for one in usage["Disk"] if one["Size"]]
    rows = [("WHAT", "SIZE"), *((one["What"], human_size(one["Size"])) for one in shares)]
    rows.append(("Together", human_size(sum(one["Size"] for one in shares))))
    return aligned("\n".join("\t".join(row) for row in rows)) + "\n"


def _row(title: str, total: int, active: int, size: int, reclaimable: str) -> dict[str, Any]:
    return {
        "Type": title,
        "TotalCount": str(total),
        "Active": str(active),
        "Size": human_size(size),
        "Reclaimable": reclaimable,
    }


def _share(won: int, size: int) -> str:
    return f"{human_size(won)} ({won * 100 // size}%)" if size > 0 else human_size(won)


def _images(usage: Any) -> dict[str, Any]:
    images = usage.get("Images") or []
    used = [image for image in images if image.get("Containers", 0) > 0]
    size = usage.get("LayersSize", 0)
    held = sum(image["Size"] - max(image.get("SharedSize", 0), 0) for image in used if image.get("Size", -1) != -1)
    return _row("Images", len(images), len(used), size, _share(max(size - held, 0) if images else 0, size))


def _containers(usage: Any) -> dict[str, Any]:
    containers = usage.get("Containers") or []
    busy = [item for item in containers if item.get("State") in ("running", "paused", "restarting")]
    size = sum(item.get("SizeRw", 0) for item in containers)
    won = size - sum(item.get("SizeRw", 0) for item in busy)
    return _row("Containers", len(containers), len(busy), size, _share(won, size))


def _volumes(usage: Any) -> dict[str, Any]:
    volumes = [(volume.get("UsageData") or {}) for volume in usage.get("Volumes") or []]
    known = [data for data in volumes if data.get("Size", -1) != -1]
    size = sum(data["Size"] for data in known)
    won = sum(data["Size"] for data in known if data.get("RefCount", 0) == 0)
    active = sum(data.get("RefCount", 0) > 0 for data in volumes)
    return _row("Local Volumes", len(volumes), active, size, _share(won, size))


def _cache(usage: Any) -> dict[str, Any]:
    records = usage.get("BuildCache") or []
    size = sum(record["Size"] for record in records if not record.get("Shared"))
    active = sum(bool(record.get("InUse")) for record in records)
    won = size - sum(record["Size"] for record in records if record.get("InUse") and not record.get("Shared"))
    return _row("Build Cache", len(records), active, size, human_size(won))


COMMAND = Command(
    "[OPTIONS]",
    "Show what takes space on the disk",
    run,
    flags=(
        Flag("disk", "", BOOL, "Show what every byte of the disk is for (Dockyard only)"),
        Flag("format", "", STRING, "Print with a Go template, as a table of one, or json"),
        Flag("verbose", "v", BOOL, "Show each object"),
    ),
    most=0,
)
