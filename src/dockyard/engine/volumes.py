"""All that can be done with volumes: the engine's part that the doors call."""

import asyncio
import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dockyard.engine.containers.collection import Collection
from dockyard.engine.events import Events
from dockyard.engine.filter_values import Filters, check_keys, has_labels, matches, truth
from dockyard.engine.prune import Pruning, passes_labels
from dockyard.engine.timestamps import rfc3339
from dockyard.errors import DockyardError, NotImplementedYet
from dockyard.fs.paths import components
from dockyard.store.graphdriver.view import View
from dockyard.store.volumes.store import VolumeStore
from dockyard.store.volumes.volume import Volume

KNOWN = frozenset(("dangling", "driver", "label", "name"))
PRUNE_FILTERS = frozenset(("label", "label!"))


def check_options(options: Mapping[str, str]) -> None:
    """Raises NotImplementedYet for volumes that would need a mount of their own on the host: all but binds."""
    if options.get("device") and "bind" not in options.get("o", "").split(","):
        kind = options.get("type", "")
        raise NotImplementedYet(f"volumes of type {kind} are not supported by Dockyard yet, only o=bind")


def bound_device(volume: Volume) -> str:
    """The host directory that a volume with `o=bind` stands for; "" for an ordinary one."""
    return volume.options.get("device", "")


@dataclass(frozen=True, slots=True)
class VolumeUsage:
    """A volume, how many containers have it, and the bytes in it."""

    volume: Volume
    references: int
    size_bytes: int


class Volumes:
    """The volumes of one engine; what they are used by is read from the containers' records."""

    def __init__(self, store: VolumeStore, collection: Collection, events: Events, clock_ns: Callable[[], int]) -> None:
        self._store = store
        self._collection = collection
        self._events = events
        self._clock_ns = clock_ns
        self._pruning = Pruning(events, "volume")

    async def create(
        self, name: str, driver: str, options: Mapping[str, str], labels: Mapping[str, str]
    ) -> tuple[Volume, bool]:
        """The volume, made if it isn't there (without a name: a new anonymous one), and whether it was made."""
        check_options(options)
        volume, made = await asyncio.to_thread(
            self._store.create, name, driver=driver, options=options, labels=labels, now=rfc3339(self._clock_ns())
        )
        if made:
            self._announce("create", volume)
        return volume, made

    def get(self, name: str) -> Volume:
        """The volume of this name; NotFound."""
        return self._store.get(name)

    async def list(self, filters: Filters | None = None) -> Sequence[Volume]:
        """The volumes that pass `filters` (dangling, driver, label, name), sorted by name."""
        wanted = filters or {}
        check_keys(wanted, KNOWN)
        if "dangling" in wanted:
            truth(wanted, "dangling")
        volumes = await asyncio.to_thread(self._store.list)
        return [volume for volume in volumes if self._passes(volume, wanted)]

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
            await asyncio.to_thread(self._store.remove, name, force=force, used_by=self.used_by(name))
        if volume is not None:
            self._announce("destroy", volume)

    async def prune(self, *, everything: bool = False, filters: Filters | None = None) -> tuple[Sequence[str], int]:
        """Removes volumes that no container has: anonymous ones, or all; their names, and the bytes freed."""
        wanted = filters or {}
        check_keys(wanted, PRUNE_FILTERS)
        removed: builtins.list[str] = []
        with self._pruning.run() as tally:
            for volume in await self.list():
                unused = (everything or volume.anonymous) and not self.used_by(volume.name)
                if not unused or not passes_labels(volume.labels, wanted):
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
                volume, len(self.used_by(volume.name)), await asyncio.to_thread(self._store.size_bytes, volume.name)
            )
            for volume in await self.list()
        ]

    def copy_up(self, name: str, view: View, destination: str) -> None:
        """Fills an empty volume with what a container's root has at `destination`; for any thread."""
        self._store.copy_up(name, view, components(destination.encode()))

    def _passes(self, volume: Volume, filters: Filters) -> bool:
        if "dangling" in filters and truth(filters, "dangling") == bool(self.used_by(volume.name)):
            return False
        if filters.get("driver") and volume.driver not in filters["driver"]:
            return False
        if filters.get("name") and not any(matches(one, volume.name) for one in filters["name"]):
            return False
        return has_labels(volume.labels, filters.get("label", ()))

    def _announce(self, action: str, volume: Volume) -> None:
        self._events.publish("volume", action, volume.name, {"driver": volume.driver})
