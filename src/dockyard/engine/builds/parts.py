"""What all builds of one engine work with."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from dockyard.builder.cache import BuildCache
from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.locks import KeyLocks
from dockyard.engine.containers.services import Services
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.open_store import Store
from dockyard.engine.registries import Registries
from dockyard.fs.rooted import remove_tree


@dataclass(frozen=True, slots=True)
class Parts:
    """The engine's parts, the cache, and what keeps builds from getting into each other's way."""

    services: Services
    store: Store
    registries: Registries
    cache: BuildCache
    mounts: CacheMounts
    locks: KeyLocks
    parallel: asyncio.Semaphore
    """How many commands of builds run at once."""

    @contextlib.asynccontextmanager
    async def scratch(self) -> AsyncGenerator[str, None]:
        """A directory for one build's files on the store's disk. What a kill leaves of it goes at the next start."""
        directory = tempfile.mkdtemp(prefix="build-", dir=f"{self.services.paths.data_root}/tmp")
        try:
            yield directory
        finally:
            await asyncio.shield(run_in_own_thread(remove_tree, directory))
