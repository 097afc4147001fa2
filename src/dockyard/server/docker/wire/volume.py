"""Volumes (Engine API: Volume)."""

from typing import Any

from dockyard.store.volumes import Volume


def volume(value: Volume, usage: tuple[int, int] | None = None) -> dict[str, Any]:
    """The volume; `usage` is how many containers refer to it and its size in bytes, where asked."""
    document: dict[str, Any] = {
        "CreatedAt": value.created_at,
        "Driver": value.driver,
        "Labels": dict(value.labels) or None,
        "Mountpoint": value.mountpoint,
        "Name": value.name,
        "Options": dict(value.options) or None,
        "Scope": value.scope,
    }
    if value.status:
        document["Status"] = dict(value.status)
    if usage is not None:
        document["UsageData"] = {"RefCount": usage[0], "Size": usage[1]}
    return document
