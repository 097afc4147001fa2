"""`dockyard system df -v`: each image, container and volume with the space that it takes."""

from __future__ import annotations

from dockyard.cli.image.reference import split
from dockyard.cli.output.table import aligned
from dockyard.cli.output.units import ago, ellipsis, human_size, short_id
from dockyard.wire.quoted import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def verbose_text(usage: Any, now: float) -> str:
    """The tables beneath their titles."""
    images = [["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS"]]
    images += [_image(item, now) for item in usage.get("Images") or []]
    containers = [["CONTAINER ID", "IMAGE", "COMMAND", "LOCAL VOLUMES", "SIZE", "CREATED", "STATUS", "NAMES"]]
    containers += [_container(item, now) for item in usage.get("Containers") or []]
    volumes = [["VOLUME NAME", "LINKS", "SIZE"]]
    volumes += [_volume(item) for item in usage.get("Volumes") or []]
    cache = sum(record["Size"] for record in usage.get("BuildCache") or [])
    return (
        f"Images space usage:\n\n{_table(images)}\nContainers space usage:\n\n{_table(containers)}\n"
        f"Local Volumes space usage:\n\n{_table(volumes)}\nBuild cache usage: {human_size(cache)}\n\n"
        + _table([["CACHE ID", "CACHE TYPE", "SIZE", "CREATED", "LAST USED", "USAGE", "SHARED"]])
    )


def _table(rows: list[list[str]]) -> str:
    return aligned("\n".join("\t".join(row) for row in rows)) + "\n"


def _image(item: Any, now: float) -> list[str]:
    repository, tag, _ = split((item.get("RepoTags") or ["<none>:<none>"])[0])
    shared = max(item.get("SharedSize", 0), 0)
    sizes = [human_size(item["Size"], 3), human_size(shared), human_size(item["Size"] - shared)]
    return [repository, tag, short_id(item["Id"]), ago(item["Created"], now), *sizes, str(item["Containers"])]


def _container(item: Any, now: float) -> list[str]:
    local = sum(mount.get("Driver") == "local" for mount in item.get("Mounts") or ())
    return [
        short_id(item["Id"]),
        item["Image"],
        quoted(ellipsis(item["Command"], 20)),
        str(local),
        human_size(item.get("SizeRw", 0), 3),
        ago(item["Created"], now),
        item["Status"],
        ",".join(name.removeprefix("/") for name in item["Names"]),
    ]


def _volume(item: Any) -> list[str]:
    data = item.get("UsageData") or {}
    size = data.get("Size", -1)
    return [item["Name"], str(data.get("RefCount", 0)), human_size(size) if size >= 0 else "N/A"]
