"""All that can be done with volumes: the engine's part that the doors call."""

import asyncio
import builtins
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from dockyard.engine.containers.collection import Collection
from dockyard.engine.containers.record import Container
from dockyard.engine.events import Events
from dockyard.engine.filter_values import Filters, check_keys, has_labels, matches, truth
from dockyard.engine.in_thread import iterate_in_thread, run_in_own_thread
from dockyard.engine.prune import Pruning, passes_labels
from dockyard.engine.timestamps import rfc3339
from dockyard.engine.volumes import transfer
from dockyard.engine.volumes.driver import Found, VolumeDriver
from dockyard.engine.volumes.drivers import VolumeDrivers
from dockyard.engine.volumes.local import LocalDriver
from dockyard.engine.volumes.plugin_files import PluginDirectories
from dockyard.engine.volumes.users import VolumeUsers
from dockyard.errors import Conflict, DockyardError, NotFound
from dockyard.fs.paths import components
from dockyard.store.content.compression import inflated
from dockyard.store.graphdriver.view import View
from dockyard.store.volumes.device import is_mounted, unmount_device
from dockyard.store.volumes.store import VolumeStore, new_name
from dockyard.store.volumes.volume import ANONYMOUS_LABEL, LOCAL, Volume, check_name

KNOWN = frozenset(("dangling", "driver", "label", "name"))
PRUNE_FILTERS = frozenset(("label", "label!"))
LETTING_GO_SECONDS = 10.0
"""How long a removal waits for a container that has ended to let go of the volume."""

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VolumeUsage:
    """A volume, how many containers have it, and the bytes in it (-1: not known)."""

    volume: Volume
    references: int
    size_bytes: int


class Volumes:
    """The volumes of one engine; what they are used by is read from the containers' records."""

    def __init__(
        self,
        store: VolumeStore,
        collection: Collection,
        events: Events,
        clock_ns: Callable[[], int],
        plugins: PluginDirectories,
    ) -> None:
        self._store = store
        self._collection = collection
        self._events = events
        self._clock_ns = clock_ns
        self._drivers = VolumeDrivers(LocalDriver(store), plugins)
        self._users = VolumeUsers()
        self._pruning = Pruning(events, "volume")

    async def create(
        self, name: str, driver: str, options: Mapping[str, str], labels: Mapping[str, str]
    ) -> tuple[Volume, bool]:
        """The volume, made if it isn't there (without a name: a new anonymous one), and whether it was made."""
        known = self._store.find(name) if name else None
        if known is None and not driver and name and (owner := await self._drivers.owner_of(name)) is not None:
            driver = owner[0].name  # a volume that only its plugin has known until now
        maker = self._drivers.get(driver or (known.driver if known is not None else LOCAL))
        if known is None and maker.name != LOCAL:
            name = name or new_name()
            check_name(name)
            await maker.create(name, options)
        volume, made = await asyncio.to_thread(
            self._store.create,
            name,
            driver=driver or (known.driver if known is not None else LOCAL),
            options=options,
            labels=labels,
            now=rfc3339(self._clock_ns()),
        )
        if made:
            self._announce("create", volume)
        return await self._as_driver_sees(volume, maker), made

    async def get(self, name: str) -> Volume:
        """The volume of this name, of whichever driver; NotFound."""
        volume = self._store.find(name)
        if volume is not None:
            if volume.driver == LOCAL:
                return volume
            return await self._as_driver_sees(volume, self._drivers.get(volume.driver))
        owner = await self._drivers.owner_of(name)
        if owner is None:
            raise NotFound(f"get {name}: no such volume")
        driver, found = owner
        return _seen(Volume(name, driver.name, "", ""), found, await driver.scope())

    async def list(self, filters: Filters | None = None) -> Sequence[Volume]:
        """The volumes that pass `filters` (dangling, driver, label, name), sorted by name."""
        wanted = filters or {}
        check_keys(wanted, KNOWN)
        if "dangling" in wanted:
            truth(wanted, "dangling")
        volumes = {volume.name: volume for volume in await asyncio.to_thread(self._store.list)}
        for driver in await self._drivers.plugins():
            scope = await driver.scope()
            for found in await _listed(driver):
                known = volumes.get(found.name, Volume(found.name, driver.name, "", ""))
                if known.driver == driver.name:
                    volumes[found.name] = _seen(known, found, scope)
        return [volumes[name] for name in sorted(volumes) if self._passes(volumes[name], wanted)]

    def used_by(self, name: str) -> Sequence[str]:
        """Ids of the containers that have this volume."""
        return [
            entry.record.id
            for entry in self._collection
            if any(mount.type == "volume" and mount.name == name for mount in entry.record.mounts)
        ]

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Removes a volume with its content; Conflict when a container has it, running or not."""
        volume = self._store.find(name)
        with self._collection.removing_volume(name):
            if not self.used_by(name):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._users.idle(name), LETTING_GO_SECONDS)
            users = self.used_by(name)
            owner = None if volume is not None else await self._drivers.owner_of(name)
            if owner is not None:
                await owner[0].remove(name)
                return
            if volume is not None and not users:
                try:
                    await self._drivers.get(volume.driver).remove(name)
                except DockyardError:
                    if not force:
                        raise
            await run_in_own_thread(self._store.remove, name, force=force, used_by=users)
        if volume is not None:
            self._announce("destroy", volume)

    async def prune(self, *, everything: bool = False, filters: Filters | None = None) -> tuple[Sequence[str], int]:
        """Removes volumes that no container has: anonymous ones, or all; their names, and the bytes freed."""
        wanted = filters or {}
        check_keys(wanted, PRUNE_FILTERS)
        removed: builtins.list[str] = []
        with self._pruning.run() as tally:
            for volume in await asyncio.to_thread(self._store.list):
                unused = (everything or volume.anonymous) and not self.used_by(volume.name)
                if volume.driver != LOCAL or not unused or not passes_labels(volume.labels, wanted):
                    continue
                size = await asyncio.to_thread(self._store.size_bytes, volume.name)
                try:
                    await self.remove(volume.name)
                except DockyardError:
                    continue  # somebody began to use it
                removed.append(volume.name)
                tally.freed_bytes += size
        return removed, tally.freed_bytes

    async def disk_usage(self) -> Sequence[VolumeUsage]:
        """Each volume with the number of containers that have it and its size in bytes."""
        return [
            VolumeUsage(
                volume,
                len(self.used_by(volume.name)),
                await asyncio.to_thread(self._store.size_bytes, volume.name) if volume.driver == LOCAL else -1,
            )
            for volume in await self.list()
        ]

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

    async def rename(self, name: str, new_name: str) -> Volume:
        """Gives a volume another name; Conflict when a container has it, running or not."""
        with self._collection.removing_volume(name):
            await self._unmounted(name)
            renamed = await asyncio.to_thread(self._store.rename, name, new_name, used_by=self.used_by(name))
        self._announce("rename", renamed, oldName=name)
        return renamed

    async def clone(self, name: str, new_name: str) -> Volume:
        """A new volume with a copy of the content of `name`, and its labels."""
        volume = await self.get(name)
        async with self._mounted(volume, "clone") as source:
            made = await run_in_own_thread(
                self._store.fill,
                new_name,
                lambda target: transfer.copy_tree(source, target),
                labels={key: value for key, value in volume.labels.items() if key != ANONYMOUS_LABEL},
                now=rfc3339(self._clock_ns()),
            )
        self._announce("create", made)
        return made

    async def export(self, name: str) -> AsyncGenerator[bytes, None]:
        """The volume's content as a tar archive, in pieces. NotFound, SystemFailure."""
        volume = await self.get(name)
        async with (
            self._mounted(volume, "export") as source,
            aclosing(iterate_in_thread(transfer.archive(source))) as pieces,
        ):
            async for piece in pieces:
                yield piece

    async def import_(self, name: str, chunks: Iterable[bytes], labels: Mapping[str, str]) -> Volume:
        """A new volume with the content of an archive (plain, gzip, zstd…), read in a thread. AlreadyExists."""
        made = await run_in_own_thread(
            self._store.fill,
            name,
            lambda target: transfer.unpack(inflated(chunks), target),
            labels=labels,
            now=rfc3339(self._clock_ns()),
        )
        self._announce("create", made)
        return made

    def copy_up(self, name: str, view: View, destination: str) -> None:
        """Fills an empty volume with what a container's root has at `destination`; for any thread."""
        self._store.copy_up(name, view, components(destination.encode()))

    @asynccontextmanager
    async def _mounted(self, volume: Volume, purpose: str) -> AsyncIterator[str]:
        user = f"{purpose}-{rfc3339(self._clock_ns())}"
        with self._collection.holding_volume(volume.name):
            path = await self.mount(volume.name, user)
            try:
                yield path
            finally:
                await self.unmount(volume.name, user)

    async def _unmounted(self, name: str) -> None:
        volume = self._store.find(name)
        if volume is not None and volume.mount() is not None and await asyncio.to_thread(is_mounted, volume.mountpoint):
            raise Conflict(f"rename {name}: volume is mounted")

    async def _as_driver_sees(self, volume: Volume, driver: VolumeDriver) -> Volume:
        if driver.name == LOCAL:
            return volume
        found = await driver.find(volume.name)
        return volume if found is None else _seen(volume, found, await driver.scope())

    def _passes(self, volume: Volume, filters: Filters) -> bool:
        if "dangling" in filters and truth(filters, "dangling") == bool(self.used_by(volume.name)):
            return False
        if filters.get("driver") and volume.driver not in filters["driver"]:
            return False
        if filters.get("name") and not any(matches(one, volume.name) for one in filters["name"]):
            return False
        return has_labels(volume.labels, filters.get("label", ()))

    def _announce(self, action: str, volume: Volume, **attributes: str) -> None:
        self._events.publish("volume", action, volume.name, {"driver": volume.driver, **attributes})


async def _listed(driver: VolumeDriver) -> Sequence[Found]:
    try:
        return await driver.list()
    except DockyardError as error:
        LOG.warning("volume plugin %s: %s", driver.name, error)
        return ()


def _seen(volume: Volume, found: Found, scope: str) -> Volume:
    """The row, with what its driver says."""
    return replace(
        volume,
        mountpoint=found.mountpoint,
        created_at=volume.created_at or found.created_at,
        status=found.status,
        scope=scope,
    )
