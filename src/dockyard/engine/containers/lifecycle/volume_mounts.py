"""The volumes and images that a run of a container uses: mounted before it, let go after it.

Most of them are directories that the runtime binds. Two are prepared by the shim in a directory of the run, and bound
from there: a part of a volume, which must not be led out of it by a symbolic link, and an image, whose layers are put
together read-only. It is the shim's own directory, because that is removed only when the shim has unmounted all.

    <exec-root>/shims/<id>/mounts/<number of the mount>          what is bound
    <exec-root>/shims/<id>/mounts/<number of the mount>.image    the whole image
"""

import asyncio
import logging
import os

import msgspec

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.record import Container, MountPoint
from dockyard.engine.containers.services import Services
from dockyard.errors import DockyardError, InvalidParameter, NotFound
from dockyard.fs.mount import IdMap, Mount

LOG = logging.getLogger(__name__)
RETRY_SECONDS = (1.0, 5.0, 30.0, 120.0, 300.0)


async def hold_volumes(services: Services, entry: Entry) -> None:
    """Has the drivers mount the volumes of `entry`, and notes where. Any DockyardError; then `let_go_volumes`."""
    points = []
    for point in entry.record.mounts:
        if point.type == "volume":
            path = await services.volumes.uses.mount(point.name, entry.record.id)
            points.append(msgspec.structs.replace(point, source=path))
        else:
            points.append(point)
    if tuple(points) != entry.record.mounts:  # a plugin's volume, which is somewhere only now
        services.collection.replace(entry, msgspec.structs.replace(entry.record, mounts=tuple(points)))


async def let_go_volumes(services: Services, record: Container) -> None:
    """After the run: what a driver can't let go is reported, and tried again for some minutes."""
    for point in record.mounts:
        if point.type == "volume" and not await _let_go(services, record.id, point.name):
            services.background.start(f"let go of {point.name}", _let_go_later(services, record.id, point.name))


async def _let_go(services: Services, container_id: str, name: str) -> bool:
    try:
        await services.volumes.uses.unmount(name, container_id)
    except DockyardError as error:
        LOG.error("container %s: unmounting volume %s: %s", container_id, name, error)
        return False
    return True


async def _let_go_later(services: Services, container_id: str, name: str) -> None:
    for pause_seconds in RETRY_SECONDS:
        await asyncio.sleep(pause_seconds)
        if await _let_go(services, container_id, name):
            return


def shim_mounts(
    services: Services, record: Container, directory: str, id_map: IdMap | None = None
) -> tuple[Mount, ...]:
    """What the shim mounts below `directory` for parts of volumes and for images, whose owners `id_map` maps.

    InvalidParameter for a part that isn't there.
    """
    mounts: list[Mount] = []
    for number, point in enumerate(record.mounts):
        place = _place(directory, number)
        if point.type == "image":
            whole = f"{place}.image"
            layers = services.layers.mounts_at(_chain_of(services, point), whole)
            mounts += (mount._replace(id_map=id_map) for mount in layers)
            mounts.append(Mount("none", whole, place, ("bind", "private"), beneath=point.subpath or "."))
        elif point.subpath:
            _check_part(point)
            mounts.append(Mount("none", point.source, place, ("rbind", "rprivate"), beneath=point.subpath))
    return tuple(mounts)


def bound_sources(record: Container, directory: str) -> dict[str, str]:
    """Directory or file to bind, by destination, where that isn't the mount's own source."""
    return {
        point.destination: _place(directory, number)
        for number, point in enumerate(record.mounts)
        if point.type == "image" or point.subpath
    }


def _place(directory: str, number: int) -> str:
    return f"{directory}/mounts/{number}"


def _chain_of(services: Services, point: MountPoint) -> str:
    try:
        chain_id = services.images.chain_of(point.name)
    except NotFound:
        raise InvalidParameter(f"the image of mount {point.destination} is gone: {point.source}") from None
    if chain_id is None:
        raise InvalidParameter(f"image {point.source} has no layers to mount at {point.destination}")
    return chain_id


def _check_part(point: MountPoint) -> None:
    """The kernel has the last word when the shim opens it; this is for Docker's message."""
    path = os.path.join(point.source, point.subpath)
    if not os.path.lexists(path):
        raise InvalidParameter(f"cannot access path {path}: lstat {path}: no such file or directory")
