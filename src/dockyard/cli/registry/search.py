"""`dockyard search`: ask a registry's index for images."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FLAG as FILTER_FLAG
from dockyard.cli.filters import filters
from dockyard.cli.flags.kinds import BOOL, INT, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.formatter import formatted
from dockyard.cli.output.units import ellipsis
from dockyard.cli.session import Session
from dockyard.client import images
from dockyard.client.credentials.stored import auth_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TABLE = "{{.Name}}\\t{{.Description}}\\t{{.StarCount}}\\t{{.IsOfficial}}"
_HEADERS = {
    "Name": "NAME",
    "Description": "DESCRIPTION",
    "StarCount": "STARS",
    "IsOfficial": "OFFICIAL",
    "IsAutomated": "AUTOMATED",
}
WIDTH = 45
"""How much of a description is shown, in columns."""


def run(session: Session, options: Parsed) -> int:
    """Prints what the index finds."""
    term = options.arguments[0]
    limit = options["limit"]
    found = images.search(
        session.client,
        term,
        limit=int(limit) if limit is not None else 0,
        filters=filters(options["filter"]),
        headers=auth_headers(term, session.environment),
    )
    rows = [_row(one, whole=options["no-trunc"]) for one in found]
    layout = options["format"] or ""
    session.write(formatted(rows, layout=layout, default=_TABLE, headers=_HEADERS, type_name="*search.searchContext"))
    return 0


def _row(one: Any, *, whole: bool) -> dict[str, Any]:
    description = str(one.get("description") or "").replace("\n", " ").replace("\r", " ")
    return {
        "Name": one.get("name", ""),
        "Description": description if whole else ellipsis(description, WIDTH),
        "StarCount": str(one.get("star_count", 0)),
        "IsOfficial": "[OK]" if one.get("is_official") else "",
        "IsAutomated": "[OK]" if one.get("is_automated") else "",
    }


COMMAND = Command(
    "[OPTIONS] TERM",
    "Search a registry's index for images",
    run,
    flags=(
        FILTER_FLAG,
        Flag("format", "", STRING, "Print with a Go template, as a table of one, or json"),
        Flag("limit", "", INT, "How many results at most"),
        Flag("no-trunc", "", BOOL, "Show whole descriptions"),
    ),
    least=1,
    most=1,
)
