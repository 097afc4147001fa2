"""`dockyard history`: how an image was made, newest step first."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.platform import platform_json
from dockyard.cli.output.formatter import formatted
from dockyard.cli.output.units import ago, ellipsis, human_size, short_id
from dockyard.cli.session import Session
from dockyard.client import images

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEADERS = {
    "ID": "IMAGE",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "CreatedBy": "CREATED BY",
    "Size": "SIZE",
    "Comment": "COMMENT",
}


def run(session: Session, options: Parsed) -> int:
    """Lists the steps."""
    layout = options["format"] or ""
    if options["quiet"]:
        layout = "{{.ID}}"
    human = options["human"]
    created = "{{.CreatedSince}}" if human else "{{.CreatedAt}}"
    rows = [
        _row(item, trunc=not options["no-trunc"], human=human, now=session.now())
        for item in images.history(session.client, options.arguments[0], platform_json(options["platform"] or ""))
    ]
    default = f"{{{{.ID}}}}\\t{created}\\t{{{{.CreatedBy}}}}\\t{{{{.Size}}}}\\t{{{{.Comment}}}}"
    session.write(
        formatted(rows, layout=layout, default=default, headers=_HEADERS, type_name="*formatter.historyContext")
    )
    return 0


def _row(item: Any, *, trunc: bool, human: bool, now: float) -> dict[str, Any]:
    created_by = item["CreatedBy"].replace("\t", " ")
    return {
        "ID": short_id(item["Id"]) if trunc else item["Id"],
        "CreatedSince": lambda: ago(item["Created"], now),
        "CreatedAt": lambda: _local(item["Created"]),
        "CreatedBy": ellipsis(created_by, 45) if trunc else created_by,
        "Size": human_size(item["Size"], 3) if human else str(item["Size"]),
        "Comment": item["Comment"],
    }


def _local(seconds: int) -> str:
    """A moment in RFC 3339, local time."""
    import time

    text = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(seconds))
    return f"{text[:-5]}Z" if text.endswith("+0000") else f"{text[:-2]}:{text[-2:]}"


COMMAND = Command(
    "[OPTIONS] IMAGE",
    "Show how an image was made",
    run,
    flags=(
        Flag("format", "", STRING, "Print with a Go template, as a table of one, or json"),
        Flag("human", "H", BOOL, "Sizes and times for humans", default=True),
        Flag("no-trunc", "", BOOL, "Shorten nothing"),
        Flag("platform", "", STRING, "Platform of the image"),
        Flag("quiet", "q", BOOL, "Show ids alone"),
    ),
    least=1,
    most=1,
    aliases=("image history", "history"),
)
