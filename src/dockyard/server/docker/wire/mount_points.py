"""Mounts as `docker inspect` and `docker ps` show them (Engine API: MountPoint)."""

from collections.abc import Iterable
from typing import Any

from dockyard.engine.containers.record import MountPoint


def mount_points(mounts: Iterable[MountPoint]) -> list[dict[str, Any]]:
    """One document a mount; Name and Driver only where there is a volume."""
    return [_mount_point(mount) for mount in mounts]


def _mount_point(mount: MountPoint) -> dict[str, Any]:
    document: dict[str, Any] = {"Type": mount.type}
    if mount.name:
        document["Name"] = mount.name
    document["Source"] = mount.source
    document["Destination"] = mount.destination
    if mount.driver:
        document["Driver"] = mount.driver
    document["Mode"] = mount.mode
    document["RW"] = mount.rw
    document["Propagation"] = mount.propagation
    return document
