"""The solver: each vertex once, as soon as its inputs are there; what is independent runs side by side.

    inputs solved ▸ key of content ▸ known? that layer : do it, keep it

A key says what would be done to which content: the operation, the layers that it stands on, and a digest of the files
that it reads. Whoever has the same key gets the same layer, in whichever Dockerfile it stands. Two builds that come to
the same key at once do the work once.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Protocol

from dockyard.builder.cache import BuildCache
from dockyard.builder.graph import Base, Vertex
from dockyard.builder.locks import KeyLocks
from dockyard.builder.solve.elsewhere import Remote, Trace, Trail
from dockyard.builder.solve.events import Completed, Event, Started
from dockyard.builder.solve.results import Result, Snapshot
from dockyard.store.layers import LayerStore
from dockyard.store.layers.leases import Lease


class Job(Protocol):
    """What one vertex needs done, once its inputs are known."""

    @property
    def key(self) -> str | None:
        """Of content; None when its result can't be kept."""

    @property
    def label(self) -> str:
        """Of what is moved, for history."""

    async def perform(self) -> Result:
        """Do it."""


class Worker(Protocol):
    """Knows how to do each kind of operation."""

    async def job(self, vertex: Vertex, inputs: list[Result]) -> Job:
        """Look at what the vertex would do. Raises DockyardError."""


Elsewhere = Callable[[Vertex, str | None, str], str | None]
"""Asked in place of the cache for a vertex that stands on a chain and moves content with a label: a layer's chain id
from somewhere else (`--cache-from`), or None. Where there is one, it alone is asked, as in Docker."""


class Solver:
    """Solves vertices of one build. `close` ends what is still under way.

    `tell` gets the events of each vertex in order; those of different vertices mix. `lease` holds the layers that were
    made or found until the build is over.
    """

    def __init__(
        self,
        worker: Worker,
        cache: BuildCache,
        layers: LayerStore,
        lease: Lease,
        locks: KeyLocks,
        tell: Callable[[Event], None],
        clock_ns: Callable[[], int],
        elsewhere: Elsewhere | None = None,
        remote: Remote | None = None,
        trail: Trail | None = None,
    ) -> None:
        self._worker = worker
        self._cache = cache
        self._layers = layers
        self._lease = lease
        self._locks = locks
        self._tell = tell
        self._clock_ns = clock_ns
        self._elsewhere = elsewhere
        self._remote = remote
        self._trail = trail
        self._keys: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[Result]] = {}

    async def solve(self, vertex: Vertex) -> Result:
        """What the vertex comes to; the same work for all who ask. Raises what the work raised."""
        return await asyncio.shield(self._task(vertex))

    def result(self, vertex: Vertex) -> Result | None:
        """What the vertex has come to; None when it isn't done, or failed."""
        task = self._tasks.get(vertex.digest)
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    def begin(self, vertex: Vertex) -> None:
        """Begin work on the vertex and all that it needs, without waiting."""
        self._task(vertex)

    async def close(self) -> None:
        """End all work; what was made so far stays in the cache."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _task(self, vertex: Vertex) -> "asyncio.Task[Result]":
        task = self._tasks.get(vertex.digest)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._solve(vertex), name=vertex.name)
            task.add_done_callback(_look_at_error)
            self._tasks[vertex.digest] = task
        return task

    async def _solve(self, vertex: Vertex) -> Result:
        inputs = await self._inputs(vertex)
        self._tell(Started(vertex, self._clock_ns()))
        try:
            result, cached = await self._cached(vertex, inputs)
        except BaseException as error:
            self._tell(Completed(vertex, self._clock_ns(), False, None, error))
            raise
        self._tell(Completed(vertex, self._clock_ns(), cached, result))
        return result

    async def _inputs(self, vertex: Vertex) -> list[Result]:
        waiting = [self._task(one) for one in vertex.inputs]
        for task in waiting:
            await asyncio.wait([task])  # in order, so that the error of the first one is told
            task.result()
        return [task.result() for task in waiting]

    async def _cached(self, vertex: Vertex, inputs: list[Result]) -> tuple[Result, bool]:
        if isinstance(vertex.operation, Base):
            chain_id = vertex.operation.chain_id
            if chain_id is not None:
                self._lease.add(chain_id)
                self._layers.get(chain_id)
            return Snapshot(chain_id), True
        job = await self._worker.job(vertex, inputs)
        if job.key is None:
            return await job.perform(), False
        key = hashlib.sha256(f"{job.key} {vertex.latest_seconds}".encode("utf-8", "replace")).hexdigest()
        async with self._locks.hold(key):
            result, cached = await self._keyed(key, job, vertex, inputs)
        self._keys[vertex.digest] = key
        if self._trail is not None and isinstance(result, Snapshot):
            below = (self._keys[one.digest] for one in vertex.inputs if one.digest in self._keys)
            self._trail(Trace(key, vertex, tuple(below), result.chain_id))
        return result, cached

    async def _keyed(self, key: str, job: Job, vertex: Vertex, inputs: list[Result]) -> tuple[Result, bool]:
        """What `key` stands for: known here, known elsewhere, or done now."""
        alone = vertex.ignore_cache or self._elsewhere is not None
        known = None if alone else self._known(key, job.label)
        if known is not None:
            return known, True
        imported = None if vertex.ignore_cache else self._import(vertex, inputs, job.label)
        if imported is not None:
            self._keep(key, vertex, inputs, imported)
            return imported, True
        if self._remote is not None and not vertex.ignore_cache:
            found = await self._remote.find(key, vertex, self._lease)
            if found is not None:
                fetched = Snapshot(found.chain_id, job.label)
                self._keep(key, vertex, inputs, fetched, found.created_ns)
                return fetched, True
        result = await job.perform()
        self._keep(key, vertex, inputs, result)
        return result, False

    def _known(self, key: str, label: str) -> Snapshot | None:
        record = self._cache.find(key)
        if record is None:
            return None
        if record.chain_id is not None:
            self._lease.add(record.chain_id)  # before it is looked for: from here on no collection takes it
            if self._layers.find(record.chain_id) is None:
                self._cache.forget([key])
                return None
        return Snapshot(record.chain_id, label)

    def _import(self, vertex: Vertex, inputs: list[Result], label: str) -> Snapshot | None:
        if self._elsewhere is None or not inputs or not isinstance(inputs[0], Snapshot):
            return None
        chain_id = self._elsewhere(vertex, inputs[0].chain_id, label)
        if chain_id is None:
            return None
        self._lease.add(chain_id)
        return Snapshot(chain_id, label) if self._layers.find(chain_id) is not None else None

    def _keep(
        self, key: str, vertex: Vertex, inputs: list[Result], result: Result, created_ns: int | None = None
    ) -> None:
        if not isinstance(result, Snapshot):
            return
        below = inputs[0].chain_id if inputs and isinstance(inputs[0], Snapshot) else None
        layer = self._layers.find(result.chain_id) if result.chain_id is not None else None
        size = layer.size_bytes if layer is not None and result.chain_id != below else 0
        self._cache.add(
            key,
            kind="regular",
            description=vertex.name,
            chain_id=result.chain_id,
            parent=below,
            size_bytes=size,
            created_ns=created_ns,
        )


def _look_at_error(task: "asyncio.Task[Result]") -> None:
    """An error that nobody waits for isn't one: the build has another."""
    if not task.cancelled():
        task.exception()
