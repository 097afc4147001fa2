"""`dockyard volume ls`: the volumes, a line each."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FLAG as FILTER
from dockyard.cli.filters import filters
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.formatter import formatted
from dockyard.cli.output.units import human_size
from dockyard.cli.session import Session
from dockyard.client import volumes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEADERS = {
    "Name": "VOLUME NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "Mountpoint": "MOUNTPOINT",
    "Labels": "LABELS",
    "Links": "LINKS",
    "Size": "SIZE",
    "Status": "STATUS",
    "Availability": "AVAILABILITY",
    "Group": "GROUP",
}


def run(session: Session, options: Parsed) -> int:
    """Lists volumes by name."""
    layout = options["format"] or ""
    if options["quiet"]:
        layout = layout or "{{.Name}}"
    found = volumes.listing(session.client, filters(options["filter"])).get("Volumes") or []
    rows = [_row(item) for item in sorted(found, key=lambda item: str(item["Name"]))]
    default = "{{.Driver}}\\t{{.Name}}"
    session.write(
        formatted(rows, layout=layout, default=default, headers=_HEADERS, type_name="*formatter.volumeContext")
    )
    return 0


def _row(item: Any) -> dict[str, Any]:
    labels = item.get("Labels") or {}
    usage = item.get("UsageData") or {}
    return {
        "Name": item["Name"],
        "Driver": item["Driver"],
        "Scope": item["Scope"],
        "Mountpoint": item["Mountpoint"],
        "Labels": ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
        "Label": lambda name: labels.get(name, ""),
        "Links": str(usage["RefCount"]) if usage else "N/A",
        "Size": human_size(usage["Size"]) if usage else "N/A",
        "Status": "N/A",
        "Availability": "N/A",
        "Group": "N/A",
    }


COMMAND = Command(
    "[OPTIONS]",
    "List volumes",
    run,
    flags=(
        FILTER,
        Flag("format", "", STRING, "Print with a Go template, as a table of one, or json"),
        Flag("quiet", "q", BOOL, "Show names alone"),
    ),
    most=0,
    aliases=("volume ls", "volume list"),
)
