"""`dockyard images`: the images, a line for each of their names."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.filters import FLAG as FILTER
from dockyard.cli.filters import filters
from dockyard.cli.flags.kinds import BOOL, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.image.reference import split
from dockyard.cli.output.formatter import for_ids, formatted
from dockyard.cli.output.units import ago, human_size, local_time, short_id
from dockyard.cli.session import Session
from dockyard.client import images
from dockyard.errors import NotImplementedYet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NONE = "<none>"
_HEADERS = {
    "ID": "IMAGE ID",
    "Repository": "REPOSITORY",
    "Tag": "TAG",
    "Digest": "DIGEST",
    "CreatedSince": "CREATED",
    "CreatedAt": "CREATED AT",
    "Size": "SIZE",
    "Containers": "CONTAINERS",
    "VirtualSize": "SIZE",
    "SharedSize": "SHARED SIZE",
    "UniqueSize": "UNIQUE SIZE",
}


def run(session: Session, options: Parsed) -> int:
    """Lists images."""
    if options["tree"]:
        raise NotImplementedYet("--tree is not supported by Dockyard yet")
    wanted = filters(options["filter"])
    if options.arguments:
        wanted.setdefault("reference", []).append(options.arguments[0])
    found = images.listing(session.client, show_all=options["all"], digests=options["digests"], filters=wanted)
    layout = options["format"] or ""
    if options["quiet"]:
        layout = for_ids(session, layout, "ID")
    digests = options["digests"]
    rows = [
        _row(item, names, trunc=not options["no-trunc"], now=session.now())
        for item in found
        for names in _names(item, show_digests=digests, in_layout="{{.Digest}}" in layout)
    ]
    digest = "\\t{{if .Digest}}{{.Digest}}{{else}}<none>{{end}}" if digests else ""
    default = f"{{{{.Repository}}}}\\t{{{{.Tag}}}}{digest}\\t{{{{.ID}}}}\\t{{{{.CreatedSince}}}}\\t{{{{.Size}}}}"
    session.write(
        formatted(rows, layout=layout, default=default, headers=_HEADERS, type_name="*formatter.imageContext")
    )
    return 0


def _names(item: Any, *, show_digests: bool, in_layout: bool) -> list[tuple[str, str, str]]:
    """(repository, tag, digest) for each line that the image has.

    Digests make lines of their own with --digests alone; in a layout they stand beside the tags.
    """
    tags: dict[str, list[str]] = {}
    for name in item.get("RepoTags") or ():
        repository, tag, _ = split(name)
        tags.setdefault(repository, []).append(tag)
    found: dict[str, list[str]] = {}
    for name in item.get("RepoDigests") or ():
        repository, _, digest = split(name)
        found.setdefault(repository, []).append(digest)
    if set(tags) <= {_NONE} and set(found) <= {_NONE}:
        return [(_NONE, _NONE, _NONE)]
    rows: list[tuple[str, str, str]] = []
    for repository, of_image in tags.items():
        its_digests = found.pop(repository, [])
        if not (show_digests or in_layout):
            its_digests = []
        rows.extend((repository, tag, digest) for tag in of_image for digest in its_digests or [_NONE])
    for repository, its_digests in found.items():
        rows.extend((repository, _NONE, digest) for digest in (its_digests if show_digests else [""]))
    return rows


def _row(item: Any, names: tuple[str, str, str], *, trunc: bool, now: float) -> dict[str, Any]:
    repository, tag, digest = names
    return {
        "ID": short_id(item["Id"]) if trunc else item["Id"],
        "Repository": repository,
        "Tag": tag,
        "Digest": digest,
        "CreatedSince": lambda: ago(item["Created"], now),
        "CreatedAt": lambda: local_time(item["Created"]),
        "Size": lambda: human_size(item["Size"], 3),
        "Containers": lambda: _or_unknown(item.get("Containers", -1), str),
        "VirtualSize": lambda: human_size(item["Size"]),
        "SharedSize": lambda: _or_unknown(item.get("SharedSize", -1), human_size),
        "UniqueSize": lambda: _or_unknown(_unique(item), human_size),
    }


def _unique(item: Any) -> int:
    shared = item.get("SharedSize", -1)
    return item["Size"] - shared if shared >= 0 else -1


def _or_unknown(value: int, shown: Any) -> str:
    return "N/A" if value < 0 else str(shown(value))


COMMAND = Command(
    "[OPTIONS] [REPOSITORY[:TAG]]",
    "List images",
    run,
    flags=(
        Flag("all", "a", BOOL, "Show intermediate images too"),
        Flag("digests", "", BOOL, "Show digests"),
        FILTER,
        Flag("format", "", STRING, "Print with a Go template, as a table of one, or json"),
        Flag("no-trunc", "", BOOL, "Shorten nothing"),
        Flag("quiet", "q", BOOL, "Show ids alone"),
        Flag("tree", "", BOOL, "Show a tree", hidden=True),
    ),
    most=1,
    aliases=("image ls", "image list", "images"),
)
