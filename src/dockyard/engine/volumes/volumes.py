"""All that can be done with volumes: the engine's part that the doors call."""

import asyncio
import builtins
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dockyard.engine.containers.collection import Collection
from dockyard.engine.events import Events
from dockyard.engine.filter_values import Filters, check_keys, has_labels, matches, truth
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.prune import Pruning, passes_labels
from dockyard.engine.timestamps import rfc3339
from dockyard.engine.volumes.driver import Found, VolumeDriver
from dockyard.engine.volumes.drivers import VolumeDrivers
from dockyard.engine.volumes.local import LocalDriver
from dockyard.engine.volumes.plugin_files import PluginDirectories
from dockyard.engine.volumes.transfers import VolumeTransfers
from dockyard.engine.volumes.uses import VolumeUses
from dockyard.errors import DockyardError, NotFound
from dockyard.store.volumes.store import VolumeStore, new_name
from dockyard.store.volumes.volume import LOCAL, Volume, check_name

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
        self.uses = VolumeUses(store, collection, self._drivers)
        self.transfers = VolumeTransfers(store, collection, self.uses, events, clock_ns, self.get)
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

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Removes a volume with its content; Conflict when a container has it, running or not."""
        volume = self._store.find(name)
        with self._collection.removing_volume(name):
            if not self.uses.used_by(name):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.uses.idle(name), LETTING_GO_SECONDS)
            users = self.uses.used_by(name)
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
                unused = (everything or volume.anonymous) and not self.uses.used_by(volume.name)
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
                len(self.uses.used_by(volume.name)),
                await asyncio.to_thread(self._store.size_bytes, volume.name) if volume.driver == LOCAL else -1,
            )
            for volume in await self.list()
        ]

    async def _as_driver_sees(self, volume: Volume, driver: VolumeDriver) -> Volume:
        if driver.name == LOCAL:
            return volume
        found = await driver.find(volume.name)
        return volume if found is None else _seen(volume, found, await driver.scope())

    def _passes(self, volume: Volume, filters: Filters) -> bool:
        if "dangling" in filters and truth(filters, "dangling") == bool(self.uses.used_by(volume.name)):
            return False
        if filters.get("driver") and volume.driver not in filters["driver"]:
            return False
        if filters.get("name") and not any(matches(one, volume.name) for one in filters["name"]):
            return False
        return has_labels(volume.labels, filters.get("label", ()))

    def _announce(self, action: str, volume: Volume) -> None:
        self._events.publish("volume", action, volume.name, {"driver": volume.driver})


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
