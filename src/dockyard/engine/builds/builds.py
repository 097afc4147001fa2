"""All builds of one engine: the classic API's `build`, and what the cache holds."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.locks import KeyLocks
from dockyard.engine.builds.messages import Message
from dockyard.engine.builds.parts import Parts
from dockyard.engine.builds.request import BuildRequest
from dockyard.engine.builds.usage import CacheUsage, Held, Pruned, PruneRequest, prune, usage
from dockyard.engine.containers.services import Services
from dockyard.engine.open_store import Store
from dockyard.engine.registries import Registries
from dockyard.store.layers.chain import chain_ids

if TYPE_CHECKING:
    from dockyard.engine.builds.kit.jobs import KitBuilds

_LEAST_PARALLEL = 4
_SHARE = 0.1
_LOOK_NS = 60 * 10**9
"""How often, at most, the size of the cache is looked at."""


class Builds:
    """The builds of one engine."""

    def __init__(self, services: Services, store: Store, registries: Registries) -> None:
        self.parts = Parts(
            services,
            store,
            registries,
            store.build_cache,
            CacheMounts(services.paths.cache_mounts, services.paths.removed_mounts, services.clock_ns),
            KeyLocks(),
            asyncio.Semaphore(max(_LEAST_PARALLEL, 2 * (os.cpu_count() or 1))),
        )
        self._kept = CacheMounts(services.paths.build_contexts, services.paths.removed_mounts, services.clock_ns)
        self._held = Held(store.build_cache, self.parts.mounts, self._kept)
        self._kit: KitBuilds | None = None
        self._next_look_ns = 0

    @property
    def kit(self) -> "KitBuilds":
        """Builds of BuildKit's API."""
        if self._kit is None:
            from dockyard.engine.builds.kit.jobs import KitBuilds  # with the first build, not with the daemon

            self._kit = KitBuilds(self.parts, self._kept)
        return self._kit

    async def build(self, request: BuildRequest) -> AsyncGenerator[Message, None]:
        """Builds; yields what the client is to be told. Raises what made it fail; who stops reading ends it."""
        from dockyard.engine.builds.classic import ClassicBuild  # with the first build, not with the daemon

        async with contextlib.aclosing(ClassicBuild(self.parts, request).messages()) as messages:
            async for message in messages:
                yield message
        if self._next_look_ns <= self.parts.services.clock_ns():
            self._next_look_ns = self.parts.services.clock_ns() + _LOOK_NS
            self.parts.services.background.start("look at the build cache", self._keep_small())

    async def usage(self) -> CacheUsage:
        """What the cache holds."""
        return await asyncio.to_thread(lambda: usage(self._held, self._shared()))

    async def prune(self, request: PruneRequest) -> Pruned:
        """Removes from the cache what `request` means; what went, and the bytes freed."""
        parts = self.parts
        now_ns = parts.services.clock_ns()
        disk = os.statvfs(parts.services.paths.data_root)
        free = disk.f_bavail * disk.f_frsize
        pruned = await asyncio.to_thread(lambda: prune(self._held, self._shared(), request, now_ns, free))
        await asyncio.to_thread(parts.store.images.collect_layers)
        await asyncio.to_thread(parts.cache.forget_steps, lambda image: parts.store.images.find(image) is None)
        parts.services.events.publish("builder", "prune", "", {"reclaimed": str(pruned.freed_bytes)})
        return pruned

    async def _keep_small(self) -> None:
        """Removes what wasn't used for longest, once the cache takes more than a tenth of the disk, as Docker."""
        disk = os.statvfs(self.parts.services.paths.data_root)
        limit = int(disk.f_blocks * disk.f_frsize * _SHARE)
        held = await self.usage()
        if sum(item.size_bytes for item in held.items if not item.shared) > limit:
            await self.prune(PruneRequest(keep_bytes=limit))

    def _shared(self) -> set[str]:
        """The layers that images have."""
        images = self.parts.store.images.images()
        return {chain for stored in images for chain in chain_ids(stored.image.rootfs.diff_ids)}
