"""The worker of a build: for each kind of operation, what it would do, and doing it. Files in threads, commands by the
executor."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.files import Files, LayerFiles
from dockyard.builder.graph import GitTree, HttpTree, LocalTree, MakeDirectory, Run, Stack, Transfer, Vertex
from dockyard.builder.ops import run, transfer
from dockyard.builder.ops.select import content_digest
from dockyard.builder.ops.unpack import unpack
from dockyard.builder.solve.events import Event, Output
from dockyard.builder.solve.executor import Executor, Say, Tell
from dockyard.builder.solve.results import Result, Snapshot, Tree
from dockyard.builder.solve.sources import Secrets, Sources
from dockyard.errors import InvalidParameter
from dockyard.store.graphdriver.view import View
from dockyard.store.layers import LayerStore
from dockyard.store.layers.adopt import Draft, settle
from dockyard.store.layers.chain import chain_id
from dockyard.store.layers.leases import Lease

_KEY_VERSION = "1"


@dataclass(slots=True)
class PlannedJob:
    """A job whose work is a coroutine that hasn't begun."""

    key: str | None
    label: str
    work: Callable[[], Awaitable[Result]]

    async def perform(self) -> Result:
        """See Job."""
        return await self.work()


class BuildWorker:
    """Works for one build.

    `scratch` is a directory of its own on the store's disk; `room` waits until there is room for more events of a
    vertex; `keep_containers`: what ran a command stays when it is done (`failed` or `always`).
    """

    def __init__(
        self,
        layers: LayerStore,
        lease: Lease,
        executor: Executor,
        sources: Sources,
        secrets: Secrets,
        mounts: CacheMounts,
        scratch: str,
        tell: Callable[[Event], None],
        clock_ns: Callable[[], int],
        room: Callable[[Vertex], Awaitable[None]],
        keep_containers: str = "",
    ) -> None:
        self.layers = layers
        self.lease = lease
        self.executor = executor
        self.secrets = secrets
        self.mounts = mounts
        self.scratch = scratch
        self.tell = tell
        self.keep_containers = keep_containers
        self._sources = sources
        self._clock_ns = clock_ns
        self._room = room

    async def job(self, vertex: Vertex, inputs: list[Result]) -> PlannedJob:
        """See Worker."""
        match vertex.operation:
            case LocalTree() as sent:
                return PlannedJob(None, "", lambda: self._sources.local(sent))
            case HttpTree() as download:
                return PlannedJob(None, "", lambda: self._sources.http(download, self.said(vertex)))
            case GitTree() as repository:
                return PlannedJob(None, "", lambda: self._sources.git(repository, self.said(vertex)))
            case MakeDirectory() as made:
                base = _base(inputs)
                return PlannedJob(
                    f"{_KEY_VERSION} mkdir {made.path!r} {made.owner} {base}",
                    "",
                    lambda: self._make_directory(vertex, made, base),
                )
            case Stack():
                base, top = _base(inputs), inputs[1]
                assert isinstance(top, Snapshot)
                key = f"{_KEY_VERSION} stack {base} {top.chain_id}"
                return PlannedJob(key, top.label, lambda: asyncio.to_thread(self._stacked, vertex, base, top))
            case Transfer() as operation:
                return await self._transfer(vertex, operation, inputs)
            case Run() as operation:
                reads = any(isinstance(one, Tree) for one in inputs)
                key = (
                    await asyncio.to_thread(self._run_key, operation, inputs)
                    if reads
                    else self._run_key(operation, inputs)
                )
                return PlannedJob(key, "", lambda: run.perform(self, vertex, operation, inputs))
        raise InvalidParameter(f"{type(vertex.operation).__name__} is no operation of this worker")

    def said(self, vertex: Vertex) -> Tell:
        """Makes events of what a command says."""
        return lambda stream, data: self.tell(Output(vertex, stream, data, self._clock_ns()))

    def saying(self, vertex: Vertex) -> Say:
        """The same for who can wait until it has been read."""

        async def say(stream: int, data: bytes) -> None:
            self.tell(Output(vertex, stream, data, self._clock_ns()))
            await self._room(vertex)

        return say

    def files(self, result: Result) -> Files:
        """The files of a result."""
        return result.files if isinstance(result, Tree) else LayerFiles(self.view(result))

    def view(self, result: Snapshot) -> View:
        """The layers of a result."""
        if result.chain_id is None:
            return View([self.empty])
        return self.layers.driver.view(self.layers.get(result.chain_id).driver_id)

    @property
    def empty(self) -> str:
        """A directory with nothing in it."""
        path = f"{self.scratch}/empty"
        os.makedirs(path, mode=0o755, exist_ok=True)
        return path

    def adopt(self, draft: Draft, vertex: Vertex, label: str = "", container_id: str = "") -> Snapshot:
        """The layer of a finished draft; what it stood on when nothing was written."""
        settle(draft.directory, vertex.latest_seconds)
        layer = self.layers.adopt(draft, self.lease)
        below = draft.parent.chain_id if draft.parent is not None else None
        return Snapshot(layer.chain_id if layer is not None else below, label, container_id)

    async def _make_directory(self, vertex: Vertex, operation: MakeDirectory, base: str | None) -> Snapshot:
        def draw(draft: Draft, below: View | None) -> None:
            transfer.make_directory(operation, draft.directory, below)

        return await asyncio.to_thread(self._drawn, vertex, base, "", draw)

    def _stacked(self, vertex: Vertex, base: str | None, top: Snapshot) -> Snapshot:
        """The layer `top`, which stands on nothing, on `base`."""
        if top.chain_id is None or base is None:
            return Snapshot(top.chain_id or base, top.label)
        layer = self.layers.get(top.chain_id)
        known = chain_id(base, layer.diff_id)
        self.lease.add(known)
        if self.layers.find(known) is not None:
            return Snapshot(known, top.label)
        draft = self.layers.draft(base)
        try:
            unpack(self.layers.tar_stream(top.chain_id), draft.directory)
        except BaseException:
            self.layers.discard(draft)
            raise
        return self.adopt(draft, vertex, top.label)

    async def _transfer(self, vertex: Vertex, operation: Transfer, inputs: list[Result]) -> PlannedJob:
        base = _base(inputs)
        prepared = await asyncio.to_thread(self._prepare, operation, vertex, inputs)
        key = f"{_KEY_VERSION} {operation!r} {base} {prepared.digest}"

        def draw(draft: Draft, below: View | None) -> None:
            transfer.perform(prepared, draft.directory, below, self.scratch)

        return PlannedJob(
            key,
            prepared.label,
            lambda: asyncio.to_thread(self._drawn, vertex, base, prepared.label, draw),
        )

    def _prepare(self, operation: Transfer, vertex: Vertex, inputs: list[Result]) -> transfer.Prepared:
        contexts = [isinstance(one.operation, LocalTree) for one in vertex.inputs]
        return transfer.prepare(operation, [self.files(one) for one in inputs], contexts)

    def _drawn(
        self, vertex: Vertex, base: str | None, label: str, draw: Callable[[Draft, View | None], None]
    ) -> Snapshot:
        draft = self.layers.draft(base)
        layers = self.layers.driver.view(draft.driver_id).layers[1:]
        try:
            draw(draft, View(layers) if layers else None)
        except BaseException:
            self.layers.discard(draft)
            raise
        return self.adopt(draft, vertex, label)

    def _run_key(self, operation: Run, inputs: list[Result]) -> str:
        digests = []
        for mount in operation.mounts:
            at = getattr(mount, "input", 0)
            if not at:
                continue
            one = inputs[at]
            if isinstance(one, Snapshot):
                digests.append(one.chain_id or "")
            else:
                found = run.mounted(one.files, getattr(mount, "source", "/"))
                digests.append(content_digest(one.files, found, owners=False))
        told = replace(operation, hidden_env=(), sandbox=operation.sandbox.meaning)
        return f"{_KEY_VERSION} {told!r} {_base(inputs)} {' '.join(digests)}"


def _base(inputs: list[Result]) -> str | None:
    first = inputs[0]
    if not isinstance(first, Snapshot):
        raise InvalidParameter("a step can't stand on a tree of files")
    return first.chain_id
