"""`dockyard network ls`: the networks, a line each."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FLAG as FILTER
from dockyard.cli.filters import filters
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.formatter import formatted
from dockyard.cli.output.units import go_time, short_id
from dockyard.cli.session import Session
from dockyard.client import networks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEADERS = {
    "ID": "NETWORK ID",
    "Name": "NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "IPv4": "IPV4",
    "IPv6": "IPV6",
    "Internal": "INTERNAL",
    "Labels": "LABELS",
    "CreatedAt": "CREATED AT",
}


def run(session: Session, options: Parsed) -> int:
    """Lists networks by name."""
    layout = options["format"] or ""
    if options["quiet"]:
        layout = layout or "{{.ID}}"
    found = sorted(networks.listing(session.client, filters(options["filter"])), key=lambda item: str(item["Name"]))
    rows = [_row(item, trunc=not options["no-trunc"]) for item in found]
    default = "{{.ID}}\\t{{.Name}}\\t{{.Driver}}\\t{{.Scope}}"
    session.write(
        formatted(rows, layout=layout, default=default, headers=_HEADERS, type_name="*network.networkContext")
    )
    return 0


def _row(item: Any, *, trunc: bool) -> dict[str, Any]:
    labels = item.get("Labels") or {}
    return {
        "ID": short_id(item["Id"]) if trunc else item["Id"],
        "Name": item["Name"],
        "Driver": item["Driver"],
        "Scope": item["Scope"],
        "IPv4": str(item.get("EnableIPv4", False)).lower(),
        "IPv6": str(item.get("EnableIPv6", False)).lower(),
        "Internal": str(item.get("Internal", False)).lower(),
        "Labels": ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
        "Label": lambda name: labels.get(name, ""),
        "CreatedAt": lambda: go_time(item.get("Created", "")),
    }


COMMAND = Command(
    "[OPTIONS]",
    "List networks",
    run,
    flags=(
        FILTER,
        Flag("format", "", STRING, "Print with a Go template, as a table of one, or json"),
        Flag("no-trunc", "", BOOL, "Shorten nothing"),
        Flag("quiet", "q", BOOL, "Show ids alone"),
    ),
    most=0,
    aliases=("network ls", "network list"),
)
