"""Who uses volumes: containers by their records, and runs of containers, for which drivers mount them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.record import Container
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.volumes.drivers import VolumeDrivers
from dockyard.engine.volumes.users import VolumeUsers
from dockyard.fs.paths import components
from dockyard.store.graphdriver.view import View
from dockyard.store.volumes.device import unmount_device
from dockyard.store.volumes.store import VolumeStore
from dockyard.store.volumes.volume import Volume


class VolumeUses:
    """Mounts and lets go; what a container has is read from its record."""

    def __init__(self, store: VolumeStore, collection: Collection, drivers: VolumeDrivers) -> None:
        self._store = store
        self._collection = collection
        self._drivers = drivers
        self._users = VolumeUsers()
        self._filling: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def used_by(self, name: str) -> Sequence[str]:
        """Ids of the containers that have this volume."""
        return [
            entry.record.id
            for entry in self._collection
            if any(mount.type == "volume" and mount.name == name for mount in entry.record.mounts)
        ]

    async def idle(self, name: str) -> None:
        """Returns when nobody has the volume mounted: a container that has gone may still be letting go."""
        await self._users.idle(name)

    async def mount(self, name: str, user: str) -> str:
        """Makes the volume's content be there for `user`, until `unmount`; the directory. NotFound, SystemFailure."""
        volume = self._store.get(name)
        driver = self._drivers.get(volume.driver)
        async with self._users.changing(name) as users:
            path = await driver.mount(volume, user)
            users.add(user)
        return path

    async def unmount(self, name: str, user: str) -> None:
        """`user` needs it no more; nothing when the volume has gone. Any DockyardError of the driver."""
        volume = self._store.find(name)
        if volume is None:
            return
        async with self._users.changing(name) as users:
            users.discard(user)
            await self._drivers.get(volume.driver).unmount(volume, user, last=not users)

    def adopt(self, record: Container) -> None:
        """A container that has been running since before this daemon began uses its volumes."""
        for point in record.mounts:
            if point.type == "volume":
                self._users.add(point.name, record.id)

    async def let_go_of_unused(self) -> None:
        """After a start of the daemon: what an earlier one had mounted and nobody uses any more."""
        for volume in await asyncio.to_thread(self._store.list):
            if volume.mount() is not None and not self._users.any(volume.name):
                await asyncio.to_thread(unmount_device, volume)

    async def fill(self, name: str, user: str, view: View, destination: str) -> None:
        """Has an empty volume get what a container's root has at `destination`. Any DockyardError of the driver."""
        path = await self.mount(name, user)
        try:
            async with self._filling.setdefault(name, asyncio.Lock()):
                await run_in_own_thread(self._store.copy_up, name, view, components(destination.encode()), path)
        finally:
            await self.unmount(name, user)

    @asynccontextmanager
    async def mounted(self, volume: Volume, user: str) -> AsyncIterator[str]:
        """The volume's directory, for `user` alone within the block; it can't be removed meanwhile."""
        with self._collection.holding_volume(volume.name):
            path = await self.mount(volume.name, user)
            try:
                yield path
            finally:
                await self.unmount(volume.name, user)
