"""How a visitor gets to a container's root: through its first process, or by mounting what it would have.

A stopped container's lock is held as long as its root is mounted: two mounts of one overlay at a time are not defined.
A running one isn't locked; a copy of many gigabytes must not keep anybody from stopping it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.lifecycle.volume_mounts import (
    bound_sources,
    hold_volumes,
    let_go_volumes,
    shim_mounts,
)
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.errors import Conflict
from dockyard.supervisor.visit.request import Bind, VisitRequest, Volume


@asynccontextmanager
async def visiting(services: Services, entry: Entry, action: str, path: str) -> AsyncIterator[VisitRequest]:
    """A request for a visit that may be made within the block. Conflict when the container is being removed."""
    if entry.shim is not None:
        yield _running(entry.record, entry.shim.pid, action, path)
        return
    async with entry.lock:
        if entry.shim is not None:
            yield _running(entry.record, entry.shim.pid, action, path)
            return
        if entry.removed.done() or entry.record.state.status in (Status.REMOVING, Status.DEAD):
            raise Conflict(f"container {entry.record.id} is marked for removal and cannot be accessed")
        if entry.teardown is not None:
            await asyncio.shield(entry.teardown)  # the last run's mounts
        try:
            await hold_volumes(services, entry)
            yield _stopped(services, entry.record, action, path)
        finally:
            await let_go_volumes(services, entry.record)


def _running(record: Container, pid: int, action: str, path: str) -> VisitRequest:
    return VisitRequest(
        action=action,
        path=path,
        container_id=record.id,
        pid=pid,
        volumes=tuple(Volume(point.destination, point.rw) for point in record.mounts),
        readonly_root=record.host_config.readonly_rootfs,
    )


def _stopped(services: Services, record: Container, action: str, path: str) -> VisitRequest:
    layer = services.layers.rw(record.id)
    directory = services.paths.container(record.id)  # in the mount namespace of the visit alone
    sources = bound_sources(record, directory)
    points = [point for point in record.mounts if point.type != "tmpfs"]  # what a tmpfs held has gone
    files = (
        ("/etc/hostname", record.hostname_path),
        ("/etc/hosts", record.hosts_path),
        ("/etc/resolv.conf", record.resolv_conf_path),
    )
    binds = [
        *(Bind(destination, source, record.host_config.readonly_rootfs, False) for destination, source in files),
        *(
            Bind(
                point.destination,
                sources.get(point.destination, point.source),
                not point.rw,
                not point.non_recursive,
            )
            for point in points
        ),
    ]
    made = set(sources.values())
    there = [bind for bind in binds if bind.source in made or (bind.source and os.path.exists(bind.source))]
    return VisitRequest(
        action=action,
        path=path,
        container_id=record.id,
        root=layer.root(),
        mounts=(*layer.mounts(), *shim_mounts(services, record, directory)),
        binds=tuple(sorted(there, key=lambda bind: bind.destination.rstrip("/").count("/"))),
        volumes=tuple(Volume(point.destination, point.rw) for point in points),
        readonly_root=record.host_config.readonly_rootfs,
    )


def file_not_found(path: str, ref: str) -> str:
    """Docker's message for a path that isn't there."""
    return f"Could not find the file {path} in container {ref}"
