"""All caches that one build was told to ask, as its solver asks them.

A cache that can't be read is none: the build goes on without it, and its progress says so. So does it when a cache had
nothing for any of the build's keys: nobody shall wonder whether the option was overlooked.
"""

from collections.abc import Callable

from dockyard.builder.export.contract import Moved
from dockyard.builder.graph import Vertex
from dockyard.builder.remotecache.importers import CacheImport
from dockyard.builder.remotecache.read import RecordedCache, RemoteResult, read_cache
from dockyard.builder.solve.elsewhere import Found
from dockyard.errors import DockyardError
from dockyard.store.layers.chain import chain_ids
from dockyard.store.layers.leases import Lease

Warn = Callable[[Vertex, str], None]
"""Tells of a vertex that something of it went wrong though the build goes on."""


class RemoteCaches:
    """See Remote. `nanoseconds` reads RFC 3339 text; `moved` is told of bytes fetched for a vertex."""

    def __init__(
        self, nanoseconds: Callable[[str], int], warn: Warn, moved: Callable[[Vertex], Moved] | None = None
    ) -> None:
        self._nanoseconds = nanoseconds
        self._warn = warn
        self._moved = moved
        self._caches: list[tuple[CacheImport, RecordedCache]] = []
        self._used: dict[str, int] = {}
        self._asked = 0

    async def load(self, wanted: CacheImport) -> str:
        """Read a cache's documents, before the build begins; what it was found to be. Raises DockyardError."""
        cache = await read_cache(await wanted.place.root(), wanted.place.read)
        self._caches.append((wanted, cache))
        return f"inferred cache manifest type: {cache.kind}, {len(cache.results)} records"

    async def find(self, key: str, vertex: Vertex, lease: Lease) -> Found | None:
        """See Remote."""
        self._asked += 1
        for wanted, cache in self._caches:
            for result in cache.find(key):
                try:
                    found = await self._fetched(wanted, result, vertex, lease)
                except DockyardError as error:
                    self._warn(vertex, f"{wanted.name}: {error}")
                    continue
                self._used[wanted.name] = self._used.get(wanted.name, 0) + 1
                return found
        return None

    def verdicts(self) -> list[str]:
        """At the end: a sentence for each cache that was of no use though it was asked."""
        return [
            f"{wanted.name}: {_why(cache)}"
            for wanted, cache in self._caches
            if self._asked and not self._used.get(wanted.name)
        ]

    async def _fetched(self, wanted: CacheImport, result: RemoteResult, vertex: Vertex, lease: Lease) -> Found:
        for chain in chain_ids(step.diff_id for step in result.layers):
            lease.add(chain)
        moved = self._moved(vertex) if self._moved is not None else _nobody
        chain_id = await wanted.place.fetch(result.layers, moved)
        return Found(chain_id, self._nanoseconds(result.created))


def _nobody(current: int, total: int) -> None:
    del current, total


def _why(cache: RecordedCache) -> str:
    if not cache.results:
        return "it holds no records of a build cache"
    return f"no matching records: none of its {len(cache.results)} records is of a step of this build"
