"""Mounts as `docker inspect` and `docker ps` show them (Engine API: MountPoint)."""

import posixpath
from collections.abc import Iterable
from typing import Any

from dockyard.engine.containers.record import MountPoint


def mount_points(mounts: Iterable[MountPoint], hidden: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The mounts of a container; `hidden` are the destinations of `--tmpfs`, which Docker shows in HostConfig alone."""
    left_out = {posixpath.normpath(path) for path in hidden}
    return [_mount_point(one) for one in mounts if one.type != "tmpfs" or one.destination not in left_out]


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
