"""Builds in the test's own process, without commands, and their exports to a client that is a folder."""

import asyncio
import hashlib
import os
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dockyard.builder.cache import BuildCache
from dockyard.builder.cache.mounts import CacheMounts
from dockyard.builder.dockerfile import parse_dockerfile
from dockyard.builder.export.config import LayerNote
from dockyard.builder.export.contract import Attestation, BuildResult, FileWriter, Moved, Ref, Report
from dockyard.builder.export.exporters import ExportTools, exporter_of
from dockyard.builder.export.planned import planned_ref
from dockyard.builder.files import Files
from dockyard.builder.graph import LocalTree, Vertex
from dockyard.builder.locks import KeyLocks
from dockyard.builder.ops.worker import BuildWorker
from dockyard.builder.plan import BaseImage, BuildOptions, plan_build
from dockyard.builder.remotecache.caches import RemoteCaches
from dockyard.builder.remotecache.exporters import CacheTools, cache_exporter_of, inline_cache
from dockyard.builder.remotecache.importers import cache_import_of
from dockyard.builder.remotecache.write import CacheTrail
from dockyard.builder.solve.events import Completed, Event
from dockyard.builder.solve.results import Snapshot, Tree, directory_tree
from dockyard.builder.solve.solver import Elsewhere, Solver
from dockyard.engine.builds.cache_places import EngineCachePlaces
from dockyard.engine.config import DaemonConfig
from dockyard.engine.registries.for_builds import BuildTransfers
from dockyard.engine.timestamps import rfc3339, rfc3339_ns
from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import parse_platform
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials
from dockyard.store.pull.downloads import Downloads, Limits
from dockyard.store.push.parcel import Parcel
from tests.support.stores import AMD64, Store, open_store


class Folder:
    """See Receiver: what comes is written below `home`: `file-<number>`, `tree-<number>`, `content-<name>`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.metadata: dict[int, Mapping[str, str]] = {}

    @asynccontextmanager
    async def file(self, number: int, metadata: Mapping[str, str]) -> AsyncIterator[FileWriter | None]:
        self.metadata[number] = metadata
        with (self.home / f"file-{number}").open("wb") as file:

            class Writer:
                async def write(self, data: bytes) -> None:
                    file.write(data)

            yield Writer()

    async def tree(self, number: int, files: Files, moved: Moved) -> None:
        target = self.home / f"tree-{number}"
        target.mkdir(exist_ok=True)
        with files.reader() as reader:
            for steps, status in reader.walk(()):
                path = os.fsencode(target) + b"/" + b"/".join(steps)
                if stat.S_ISDIR(status.st_mode):
                    os.makedirs(path, exist_ok=True)
                elif stat.S_ISLNK(status.st_mode):
                    os.symlink(reader.readlink(steps), path)
                else:
                    Path(os.fsdecode(path)).write_bytes(b"".join(reader.data(steps)))
                    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))
        moved(1, 1)

    def content(self, name: str) -> "FolderContent":
        return FolderContent(self.home / f"content-{name.replace('/', '_')}")


class FolderContent:
    """See ClientContent: an OCI layout's blobs."""

    def __init__(self, home: Path) -> None:
        self.blobs = home / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)

    async def size(self, digest: str) -> int | None:
        path = self.blobs / digest[7:]
        return path.stat().st_size if path.exists() else None

    async def read(self, digest: str, start: int = 0) -> AsyncIterator[bytes]:
        path = self.blobs / digest[7:]
        if not path.exists():
            raise NotFound(digest)
        yield path.read_bytes()[start:]

    async def write(self, digest: str, size: int, pieces: AsyncIterator[bytes]) -> None:
        data = b"".join([piece async for piece in pieces])
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest or len(data) != size:
            raise InvalidParameter(f"{digest}: other bytes")
        (self.blobs / digest[7:]).write_bytes(data)


@dataclass
class Lines(Report):
    """What progress told."""

    lines: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[Moved]:
        self.lines.append(name)
        yield lambda current, total: None

    def warn(self, text: str) -> None:
        self.lines.append(text)


def now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class Context:
    """See Sources: one folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def local(self, tree: LocalTree) -> Tree:
        assert tree.name == "context"
        return directory_tree(str(self._home))

    async def http(self, tree: Any, tell: Any) -> Tree:
        raise NotImplementedError

    async def git(self, tree: Any, tell: Any) -> Tree:
        raise NotImplementedError


@dataclass
class Exporting:
    """An engine's store in `root`, that builds and exports."""

    root: Path
    store: Store = field(init=False)
    cache: BuildCache = field(init=False)
    client: Folder = field(init=False)
    report: Lines = field(default_factory=Lines)
    cached: list[tuple[str, bool]] = field(default_factory=list)
    caches: RemoteCaches = field(init=False)
    trail: CacheTrail = field(default_factory=CacheTrail)
    registries: RegistryClient | None = None
    """Needed for builds whose caches lie elsewhere."""
    pushed: list[tuple[str, Parcel]] = field(default_factory=list)
    clock_ns: Callable[[], int] = time.time_ns
    _transfers: BuildTransfers | None = None

    def __post_init__(self) -> None:
        self.store = open_store(self.root / "store")
        self.cache = BuildCache(self.store.database, self.clock_ns)
        (self.root / "client").mkdir(exist_ok=True)
        self.client = Folder(self.root / "client")

    async def find(self, reference: str, platform: Platform | None) -> BaseImage:
        """See BaseImages."""
        del platform
        stored = self.store.images.get(reference)
        return BaseImage(stored.id, stored.image, stored.chain_id)

    async def build(
        self,
        dockerfile: str,
        files: Mapping[str, bytes | str] | None = None,
        *,
        platforms: tuple[str, ...] = (),
        arguments: Mapping[str, str | None] | None = None,
        attestations: tuple[Attestation, ...] = (),
        elsewhere: Elsewhere | None = None,
        cache_from: Sequence[tuple[str, dict[str, str]]] = (),
    ) -> BuildResult:
        """What a Dockerfile comes to."""
        home = self.root / f"context-{time.monotonic_ns()}"
        home.mkdir()
        for name, data in (files or {}).items():
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            os.utime(path, (1_700_000_000, 1_700_000_000))
        self.caches = RemoteCaches(rfc3339_ns, lambda vertex, text: self.report.warn(f"{vertex.name}: {text}"))
        for kind, attributes in cache_from:
            await self.caches.load(cache_import_of(kind, attributes, self.places))
        self.trail = CacheTrail()
        refs = [
            await self._ref(dockerfile, home, platform, arguments or {}, attestations, elsewhere)
            for platform in platforms or ("",)
        ]
        for text in self.caches.verdicts():
            self.report.warn(text)
        epoch = BuildOptions(arguments=arguments or {}).epoch_seconds
        return BuildResult(tuple(refs), len(platforms) > 1, epoch)

    async def _ref(
        self,
        dockerfile: str,
        home: Path,
        platform: str,
        arguments: Mapping[str, str | None],
        attestations: tuple[Attestation, ...],
        elsewhere: Elsewhere | None,
    ) -> Ref:
        wanted = parse_platform(platform) if platform else None
        options = BuildOptions(platform=wanted, arguments=arguments, style="buildkit")
        plan = await plan_build(parse_dockerfile(dockerfile.encode(), "Dockerfile"), options, self)
        scratch = self.root / "scratch"
        scratch.mkdir(exist_ok=True)
        layers = self.store.layers

        def tell(event: Event) -> None:
            if isinstance(event, Completed):
                self.cached.append((event.vertex.name, event.cached))

        async def room(vertex: Vertex) -> None:
            del vertex

        with layers.lease() as lease:
            worker = BuildWorker(
                layers,
                lease,
                None,  # type: ignore[arg-type]  # no command is run
                Context(home),
                None,  # type: ignore[arg-type]
                CacheMounts(str(self.root / "mounts"), str(scratch), self.clock_ns),
                str(scratch),
                tell,
                self.clock_ns,
                room,
            )
            solver = Solver(
                worker, self.cache, layers, lease, KeyLocks(), tell, self.clock_ns, elsewhere, self.caches, self.trail
            )
            await solver.solve(plan.result.vertex)
            solved: dict[str, Snapshot] = {}
            for stage in plan.stages:
                for step in stage.steps if stage is not None else ():
                    if step.vertex is not None:
                        result = await solver.solve(step.vertex)
                        assert isinstance(result, Snapshot)
                        solved[step.vertex.digest] = result
            await solver.close()
        return planned_ref(plan, lambda vertex: solved[vertex.digest], wanted, attestations)

    async def export(self, result: BuildResult, kind: str, **attributes: str) -> dict[str, str]:
        """Export; attributes with `_` in place of `-` and `.`: `name`, `push_by_digest`."""
        given = {key.replace("_", "-"): value for key, value in attributes.items()}
        return await exporter_of(kind, given, 0, self.tools()).export(result, self.report)

    @property
    def places(self) -> EngineCachePlaces:
        """Where caches lie."""

        async def anonymous(reference: Reference) -> Credentials:
            del reference
            return ANONYMOUS

        def transfers() -> BuildTransfers:
            assert self.registries is not None
            if self._transfers is None:
                downloads = Downloads(self.store.content, Limits, now=now)
                self._transfers = BuildTransfers(self.store, self.registries, downloads, DaemonConfig, now)  # type: ignore[arg-type]
            return self._transfers

        return EngineCachePlaces(transfers, self.client, anonymous)

    async def export_cache(self, result: BuildResult, kind: str, **attributes: str) -> dict[str, str]:
        """Export the last build's cache."""
        given = {key.replace("_", "-"): value for key, value in attributes.items()}
        tools = CacheTools(self.store.layers, self.store.content, self.note, self.client, self.places)
        exporter = cache_exporter_of(kind, given, tools)
        assert exporter is not None
        return await exporter.export(self.trail, result, self.report)

    def with_inline_cache(self, result: BuildResult) -> BuildResult:
        """The same, with what is to be put into the image."""
        return replace(result, inline_cache=inline_cache(self.trail, self.store.layers, self.note))

    def tools(self) -> ExportTools:
        """What exporters are given."""

        async def tag(image_id: str, reference: Reference) -> None:
            await asyncio.to_thread(self.store.images.tag, reference, image_id)

        async def push(name: str, parcel: Parcel, *, by_digest: bool, insecure: bool, report: Report) -> None:
            del by_digest, insecure, report
            self.pushed.append((name, parcel))

        images = self.store.images
        return ExportTools(images, self.store.content, AMD64, self.client, push, tag, self.note, self.clock_ns)

    def note(self, chain_id: str) -> LayerNote | None:
        """What the build cache knows of a layer."""
        layer = self.store.layers.get(chain_id)
        times = [(one.created_ns, one.description) for one in self.cache.records() if one.chain_id == chain_id]
        if not times:
            return None
        created_ns, description = min(times)
        return LayerNote(layer.diff_id, rfc3339(created_ns), description)
