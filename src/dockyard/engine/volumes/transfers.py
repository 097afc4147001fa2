"""Volumes that get another name, and whole volumes from other ones or archives and to them. Beyond Docker."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing

from dockyard.engine.containers.collection import Collection
from dockyard.engine.events import Events
from dockyard.engine.in_thread import iterate_in_thread, run_in_own_thread
from dockyard.engine.timestamps import rfc3339
from dockyard.engine.volumes import transfer
from dockyard.engine.volumes.uses import VolumeUses
from dockyard.errors import Conflict
from dockyard.store.content.compression import inflated
from dockyard.store.volumes.device import is_mounted
from dockyard.store.volumes.store import VolumeStore
from dockyard.store.volumes.volume import ANONYMOUS_LABEL, Volume


class VolumeTransfers:
    """Renames, copies, exports and imports volumes of one engine."""

    def __init__(
        self,
        store: VolumeStore,
        collection: Collection,
        uses: VolumeUses,
        events: Events,
        clock_ns: Callable[[], int],
        get: Callable[[str], Awaitable[Volume]],
    ) -> None:
        """`get` finds a volume of any driver; NotFound."""
        self._store = store
        self._collection = collection
        self._uses = uses
        self._events = events
        self._clock_ns = clock_ns
        self._get = get

    async def rename(self, name: str, new_name: str) -> Volume:
        """Gives a volume another name; Conflict when a container has it, running or not."""
        with self._collection.removing_volume(name):
            await self._unmounted(name)
            renamed = await asyncio.to_thread(self._store.rename, name, new_name, used_by=self._uses.used_by(name))
        self._events.publish("volume", "rename", renamed.name, {"driver": renamed.driver, "oldName": name})
        return renamed

    async def clone(self, name: str, new_name: str) -> Volume:
        """A new volume with a copy of the content of `name`, and its labels."""
        volume = await self._get(name)
        async with self._uses.mounted(volume, self._user("clone")) as source:
            made = await run_in_own_thread(
                self._store.fill,
                new_name,
                lambda target: transfer.copy_tree(source, target),
                labels={key: value for key, value in volume.labels.items() if key != ANONYMOUS_LABEL},
                now=rfc3339(self._clock_ns()),
            )
        self._events.publish("volume", "create", made.name, {"driver": made.driver})
        return made

    async def export(self, name: str) -> AsyncGenerator[bytes, None]:
        """The volume's content as a tar archive, in pieces. NotFound, SystemFailure."""
        volume = await self._get(name)
        async with (
            self._uses.mounted(volume, self._user("export")) as source,
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
        self._events.publish("volume", "create", made.name, {"driver": made.driver})
        return made

    async def _unmounted(self, name: str) -> None:
        volume = self._store.find(name)
        if volume is not None and volume.mount() is not None and await asyncio.to_thread(is_mounted, volume.mountpoint):
            raise Conflict(f"rename {name}: volume is mounted")

    def _user(self, purpose: str) -> str:
        return f"{purpose}-{rfc3339(self._clock_ns())}"
