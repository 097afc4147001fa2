"""Caches elsewhere of one build: `--cache-from` before it, `--cache-to` after it; their lines in progress."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from hashlib import sha256

from dockyard.builder.export.contract import BuildResult, InlineCache, Moved, Receiver
from dockyard.builder.frontend.attributes import CacheSource
from dockyard.builder.frontend.lines import Line
from dockyard.builder.graph import Vertex
from dockyard.builder.remotecache.caches import RemoteCaches
from dockyard.builder.remotecache.exporters import CacheExporter, CacheTools, cache_exporter_of, inline_cache
from dockyard.builder.remotecache.importers import CacheImport, cache_import_of
from dockyard.builder.remotecache.write import CacheTrail
from dockyard.engine.builds.cache_places import EngineCachePlaces
from dockyard.engine.builds.exports import CredentialsFor, layer_notes
from dockyard.engine.builds.kit.events import words
from dockyard.engine.builds.kit.progress import Progress
from dockyard.engine.builds.kit.report import ProgressReport
from dockyard.engine.builds.parts import Parts
from dockyard.engine.timestamps import rfc3339_ns
from dockyard.errors import DockyardError


class JobCaches:
    """The caches of the build `job_id`. `remote` and `trail` are its solvers'."""

    def __init__(
        self, builds: Parts, job_id: str, progress: Progress, receiver: Receiver, credentials: CredentialsFor
    ) -> None:
        self._builds = builds
        self._job_id = job_id
        self._progress = progress
        self.places = EngineCachePlaces(builds.registries.for_builds, receiver, credentials)
        self._notes = layer_notes(builds)
        self._tools = CacheTools(builds.store.layers, builds.store.content, self._notes, receiver, self.places)
        self._loaded: set[tuple[str, frozenset[tuple[str, str]]]] = set()
        self._wanted: tuple[CacheSource, ...] = ()
        self._exporters: list[CacheExporter] = []
        self.remote = RemoteCaches(rfc3339_ns, self._warn, self._moved)
        self.trail = CacheTrail()
        self.inline: InlineCache | None = None
        """What images are told, with `--cache-to type=inline`."""

    def prepare(self, cache_from: Iterable[CacheSource], cache_to: Iterable[CacheSource]) -> None:
        """Look at what the client asks for. Raises InvalidParameter for what isn't there."""
        self._wanted = tuple(cache_from)
        for one in self._wanted:
            cache_import_of(one.type, one.attributes, self.places)
        for one in cache_to:
            exporter = cache_exporter_of(one.type, one.attributes, self._tools)
            if exporter is not None:
                self._exporters.append(exporter)
            else:
                self.inline = inline_cache(self.trail, self._builds.store.layers, self._notes)

    async def load(self, more: Iterable[CacheSource]) -> None:
        """Read all caches that are to be asked, each once. One that can't be read is told of, and left out."""
        for one in (*self._wanted, *more):
            key = (one.type, frozenset(one.attributes.items()))
            if key in self._loaded:
                continue
            self._loaded.add(key)
            await self._load(cache_import_of(one.type, one.attributes, self.places))

    def judge(self) -> None:
        """When all is solved: tell of caches that were of no use."""
        for text in self.remote.verdicts():
            with self._line(f"[cache] {text}"):
                pass

    async def export(self, result: BuildResult) -> dict[str, str]:
        """Write the caches that are wanted; what the client is answered. Raises what went wrong, unless it is to be
        passed over."""
        answer: dict[str, str] = {}
        for number, exporter in enumerate(self._exporters):
            try:
                with ProgressReport(self._progress, f"{self._job_id} cache", exporter.name, number) as report:
                    answer |= await exporter.export(self.trail, result, report)
            except DockyardError:
                if not exporter.ignores_errors:
                    raise
        return answer

    async def _load(self, wanted: CacheImport) -> None:
        try:
            with self._line(wanted.title) as digest:
                found = await self.remote.load(wanted)
                self._progress.status(digest, found, done=True)
        except DockyardError:
            return  # the line says why; a build without a cache is a build

    @contextmanager
    def _line(self, name: str) -> Generator[str, None, None]:
        digest = "sha256:" + sha256(f"{self._job_id} {name}".encode("utf-8", "replace")).hexdigest()
        self._progress.announce([Line(digest, name)])
        self._progress.start(digest)
        try:
            yield digest
        except BaseException as error:
            self._progress.complete(digest, error=words(error))
            raise
        self._progress.complete(digest)

    def _warn(self, vertex: Vertex, text: str) -> None:
        now = self._builds.services.clock_ns()
        self._progress.log(vertex.digest, 2, f"cache {text}\n".encode("utf-8", "replace"), now)

    def _moved(self, vertex: Vertex) -> Moved:
        def moved(current: int, total: int) -> None:
            done = bool(total) and current >= total
            self._progress.status(vertex.digest, "fetching cached layers", current, total, done=done)

        return moved
