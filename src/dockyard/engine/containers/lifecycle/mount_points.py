"""The volumes and host directories of a container, made from the mounts that its user asked for.

A volume that is empty gets what the image has at its destination, with owners and attributes: Docker's copy-up, done
once at creation. `undo` takes away what a failed creation made.
"""

import contextlib
import os

from dockyard.engine.containers.mount_requests import MountRequest
from dockyard.engine.containers.record import MountPoint
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.spec.mounts import RECURSIVE_READONLY_SINCE
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure
from dockyard.fs.paths import components
from dockyard.store.volumes.store import new_name
from dockyard.store.volumes.volume import ANONYMOUS_LABEL, LOCAL


class MountPoints:
    """Makes the mounts of one container that is being created."""

    def __init__(self, services: Services, container_id: str) -> None:
        self._services = services
        self._container_id = container_id
        self._made: list[str] = []
        self._held = contextlib.ExitStack()

    async def make(
        self, requests: tuple[MountRequest, ...], inherited: tuple[MountPoint, ...] = ()
    ) -> tuple[MountPoint, ...]:
        """A mount point for each request, and those `inherited` from other containers, sorted by destination."""
        for point in inherited:
            if point.type == "volume":
                self._held.enter_context(self._services.collection.holding_volume(point.name))
        points = [*inherited, *[await self._make(request) for request in requests]]
        return tuple(sorted(points, key=lambda point: point.destination))

    def release(self) -> None:
        """Lets go of the volumes: from now on the container's record keeps them."""
        self._held.close()

    async def undo(self) -> None:
        """Removes the volumes that `make` made."""
        self._held.close()
        for name in reversed(self._made):
            try:
                await self._services.volumes.remove(name)
            except DockyardError:
                continue  # another container has begun to use it

    async def _make(self, request: MountRequest) -> MountPoint:
        if request.type == "tmpfs":
            return MountPoint(
                "tmpfs", request.destination, rw=not request.readonly, mode=request.mode, options=request.options
            )
        if request.type == "bind":
            return self._bind(request)
        if request.type == "image":
            return self._image(request)
        return await self._volume(request)

    def _bind(self, request: MountRequest) -> MountPoint:
        if request.readonly_forced and self._services.machine.kernel < RECURSIVE_READONLY_SINCE:
            raise InvalidParameter("recursive read-only mounts need Linux 5.12")
        source = request.source
        if not os.path.exists(source):
            if not request.create_source:
                raise InvalidParameter(
                    f'invalid mount config for type "bind": bind source path does not exist: {source}'
                )
            try:
                os.makedirs(source, exist_ok=True)
            except OSError as error:
                reason = f"mkdir {source}: {(error.strerror or '').lower()}"
                raise SystemFailure(f"error while creating mount source path '{source}': {reason}") from error
        return MountPoint(
            "bind",
            request.destination,
            source=source,
            mode=request.mode,
            rw=not request.readonly,
            propagation=request.propagation or "rprivate",
            non_recursive=request.non_recursive,
            readonly_recursive=request.readonly_recursive,
            options=request.options,
        )

    async def _volume(self, request: MountRequest) -> MountPoint:
        volumes = self._services.volumes
        name, labels = request.source, dict(request.labels)
        if not name:  # chosen here, so that a prune can't take it before the container has its record
            name, labels = new_name(), {**labels, ANONYMOUS_LABEL: ""}
        self._held.enter_context(self._services.collection.holding_volume(name))
        try:
            volume, made = await volumes.create(name, request.driver, dict(request.driver_options), labels)
        except InvalidParameter as error:
            raise InvalidParameter(f"create {request.source}: {error}") from error
        if made:
            self._made.append(volume.name)
        if request.copy_up:
            await self._copy_up(volume.name, request)
        return MountPoint(
            "volume",
            request.destination,
            source=volume.mountpoint,
            foreign=volume.driver != LOCAL or volume.mount() is not None,
            name=volume.name,
            driver=volume.driver,
            mode=request.mode or ("" if request.unnamed else "z"),
            rw=not request.readonly,
            anonymous=not request.source,
            subpath=request.subpath,
        )

    async def _copy_up(self, name: str, request: MountRequest) -> None:
        """Docker's rule: with a part of the volume asked for, nothing is copied."""
        view = self._services.layers.rw(self._container_id).view()
        if request.subpath or view.resolve(components(request.destination.encode())) is None:
            return
        await self._services.volumes.uses.fill(name, self._container_id, view, request.destination)

    def _image(self, request: MountRequest) -> MountPoint:
        image_id = self._services.images.id_of(request.source)
        if image_id is None:
            raise InvalidParameter(
                f"No such image: {request.source}"
            )  # not 404: clients would pull the container's image
        return MountPoint(
            "image",
            request.destination,
            source=request.source,
            name=image_id,
            rw=False,
            propagation="rprivate",
            subpath=request.subpath,
        )
