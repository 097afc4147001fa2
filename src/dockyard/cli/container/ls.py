"""`dockyard ps`: the containers, a line each."""

from __future__ import annotations

from dockyard.cli.command import Command
from dockyard.cli.container.port_text import displayed
from dockyard.cli.filters import FLAG as FILTER
from dockyard.cli.filters import filters
from dockyard.cli.flags.kinds import BOOL, INT, STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.output.formatter import for_ids, formatted
from dockyard.cli.output.units import ago, ellipsis, human_size, local_time, short_id
from dockyard.cli.session import Session
from dockyard.client import containers
from dockyard.wire.quoted import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TABLE = "{{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Ports}}\\t{{.Names}}"
_HEADERS = {
    "ID": "CONTAINER ID",
    "Names": "NAMES",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "RunningFor": "CREATED",
    "Ports": "PORTS",
    "State": "STATE",
    "Status": "STATUS",
    "Size": "SIZE",
    "Labels": "LABELS",
    "Mounts": "MOUNTS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Networks": "NETWORKS",
    "Platform": "PLATFORM",
}


def run(session: Session, options: Parsed) -> int:
    """Lists containers."""
    layout = options["format"] or ""
    limit = 1 if options["latest"] and options["last"] < 0 else options["last"]
    found = containers.listing(
        session.client,
        show_all=options["all"] or options["latest"],
        limit=limit,
        size=options["size"] or ".Size" in layout or "{{json .}}" in layout,
        filters=filters(options["filter"]),
    )
    rows = [_row(item, trunc=not options["no-trunc"], now=session.now()) for item in found]
    if options["quiet"]:
        layout = for_ids(session, layout, "ID")
    default = _TABLE + ("\\t{{.Size}}" if options["size"] else "")
    session.write(
        formatted(rows, layout=layout, default=default, headers=_HEADERS, type_name="*formatter.ContainerContext")
    )
    return 0


def _row(item: Any, *, trunc: bool, now: float) -> dict[str, Any]:
    labels = item.get("Labels") or {}
    command = item.get("Command") or ""
    return {
        "ID": short_id(item["Id"]) if trunc else item["Id"],
        "Names": lambda: _names(item.get("Names") or [], trunc=trunc),
        "Image": lambda: _image(item, trunc=trunc),
        "Command": lambda: quoted(ellipsis(command, 20) if trunc else command),
        "CreatedAt": lambda: local_time(item["Created"]),
        "RunningFor": lambda: ago(item["Created"], now),
        "Ports": lambda: displayed(item.get("Ports") or []),
        "State": item.get("State", ""),
        "Status": item.get("Status", ""),
        "Size": lambda: _size(item),
        "Labels": lambda: ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
        "Label": lambda name: labels.get(name, ""),
        "Mounts": lambda: _mounts(item, trunc=trunc),
        "LocalVolumes": lambda: str(sum(mount.get("Driver") == "local" for mount in item.get("Mounts") or [])),
        "Networks": lambda: ",".join(sorted((item.get("NetworkSettings") or {}).get("Networks") or {})),
        "Platform": (item.get("ImageManifestDescriptor") or {}).get("platform"),
    }


def _names(names: list[str], *, trunc: bool) -> str:
    """The container's names without their slash; links to it (`/other/alias`) are left out of short lists."""
    bare = [name.removeprefix("/") for name in names]
    own = [name for name in bare if "/" not in name]
    return own[0] if trunc and own else ",".join(bare)


def _image(item: Any, *, trunc: bool) -> str:
    image = str(item.get("Image") or "")
    if not image:
        return "<no image>"
    if not trunc:
        return image
    if short_id(item.get("ImageID") or "") == short_id(image):
        return short_id(image)
    return image.partition("@")[0]


def _size(item: Any) -> str:
    own = human_size(item.get("SizeRw", 0), 3)
    whole = item.get("SizeRootFs", 0)
    return f"{own} (virtual {human_size(whole, 3)})" if whole > 0 else own


def _mounts(item: Any, *, trunc: bool) -> str:
    names = [mount.get("Name") or mount.get("Source") or "" for mount in item.get("Mounts") or []]
    return ",".join(ellipsis(name, 15) if trunc else name for name in names)


COMMAND = Command(
    "[OPTIONS]",
    "List containers",
    run,
    flags=(
        Flag("all", "a", BOOL, "Show all, not the running ones alone"),
        FILTER,
        Flag("format", "", STRING, "Print with a Go template, as a table of one, or json"),
        Flag("last", "n", INT, "Show the last created ones", default=-1),
        Flag("latest", "l", BOOL, "Show the last created one"),
        Flag("no-trunc", "", BOOL, "Shorten nothing"),
        Flag("quiet", "q", BOOL, "Show ids alone"),
        Flag("size", "s", BOOL, "Show sizes"),
    ),
    most=0,
    aliases=("container ls", "container list", "container ps", "ps"),
)
