"""One run of the Dockerfile frontend: the Dockerfile is read and planned for each platform, and solving begins."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace

from dockyard.builder.attest.request import parse_attests
from dockyard.builder.dockerfile import Dockerfile, parse_dockerfile
from dockyard.builder.dockerfile.lint import LintWarning
from dockyard.builder.dockerfile.source import Span
from dockyard.builder.export.contract import Ref
from dockyard.builder.export.planned import planned_ref
from dockyard.builder.frontend.attributes import Attributes, check_syntax
from dockyard.builder.frontend.contexts import NamedContext, contexts_of
from dockyard.builder.frontend.follow import followed
from dockyard.builder.frontend.lines import lines_of
from dockyard.builder.frontend.warnings import source_info, vertex_warning
from dockyard.builder.graph import LocalTree, Vertex
from dockyard.builder.plan import BaseImage, BuildOptions, BuildPlan, plan_build
from dockyard.builder.session.auth import credentials_for
from dockyard.builder.solve.events import Completed, Event
from dockyard.builder.solve.results import Result, Snapshot
from dockyard.builder.solve.solver import Solver
from dockyard.engine.builds.bases import EngineImages
from dockyard.engine.builds.kit.allowed import check
from dockyard.engine.builds.kit.context_bases import files_base, input_base
from dockyard.engine.builds.kit.dockerfile import Definition, load, load_ignored
from dockyard.engine.builds.kit.events import tell
from dockyard.engine.builds.kit.failure import BuildFailed, failure
from dockyard.engine.builds.kit.images import KitImages
from dockyard.engine.builds.kit.layouts import layout_image
from dockyard.engine.builds.kit.parts import JobParts
from dockyard.engine.builds.kit.remote import Remote
from dockyard.engine.builds.kit.solving import all_of, all_vertexes, make_solver
from dockyard.engine.builds.kit.sources import MAIN, KitSources
from dockyard.engine.builds.kit.statements import Statements
from dockyard.engine.builds.kit.transfers import Transfers
from dockyard.engine.registries.configuration import proxies
from dockyard.errors import DockyardError
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import platform_text
from dockyard.store.distribution.reference import Reference

_INTERNAL = "[internal] load build context"


@dataclass(frozen=True, slots=True)
class Planned:
    """One platform's plan. `platform`: as it was asked for, None when it wasn't."""

    platform: Platform | None
    plan: BuildPlan

    @property
    def vertex(self) -> Vertex:
        """What the target comes to."""
        return self.plan.result.vertex


@dataclass(slots=True)
class Run:
    """A run of the frontend in a build. `inputs`: the client's inputs, by name, as ids of earlier results."""

    job: JobParts
    attributes: Attributes
    inputs: Mapping[str, str] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    definition: Definition | None = None
    dockerfile: Dockerfile | None = None
    _sources: KitSources | None = None
    _solver: Solver | None = None
    _statements: Statements | None = None
    _failed: Vertex | None = None

    async def read(self) -> Dockerfile:
        """Read the Dockerfile, and tell what is to be warned of. Raises BuildFailed."""
        self.definition = await load(self.attributes, self._transfers(), self._remote())
        with self._failing():
            dockerfile = self.dockerfile = parse_dockerfile(
                self.definition.data, self.definition.name, style="buildkit"
            )
            syntax = dockerfile.lines.directives.get("syntax", "")
            if "BUILDKIT_SYNTAX" not in self.attributes.arguments:
                check_syntax(syntax)
        return dockerfile

    def warn(self, warnings: Iterable[LintWarning]) -> None:
        """Tell of what is allowed, but not good."""
        assert self.definition is not None
        info = source_info(self.definition.name, self.definition.data)
        for warning in warnings:
            self.job.progress.warn(vertex_warning(warning, self.definition.digest, info))

    async def begin(self) -> None:
        """Plan all platforms, and begin to solve them. Raises BuildFailed."""
        await self.plan()
        job = self.job
        sources, solver = self._sources, self._solver
        assert sources is not None
        assert solver is not None
        results = tuple(one.vertex for one in self.planned)
        check(results, job.entitlements)
        names = {MAIN: _INTERNAL}
        for one in self.planned:
            shown = platform_text(one.platform) if self.attributes.multi and one.platform else ""
            job.progress.announce(lines_of(one.plan, names, shown))
        locals_ = {
            vertex.operation.name: vertex.digest
            for vertex in all_vertexes(results)
            if isinstance(vertex.operation, LocalTree)
        }
        sources.digests |= locals_
        sources.follow = {name: followed(results, name) for name in locals_}
        if MAIN in locals_:
            sources.excludes = await self.ignored()
        else:  # BuildKit reads it in any case; who offers no context needs none here
            with contextlib.suppress(DockyardError):
                await self.ignored()
        for vertex in results:
            solver.begin(vertex)

    async def plan(self, *, warns: bool = True) -> None:
        """Plan all platforms. Raises BuildFailed."""
        dockerfile = self.dockerfile or await self.read()
        wanted, images = await self.wanted()
        for options in wanted:
            with self._failing():
                self.planned.append(Planned(options.platform, await plan_build(dockerfile, options, images)))
        if warns:
            self.warn(self.planned[0].plan.warnings)

    async def wanted(self) -> tuple[list[BuildOptions], KitImages]:
        """What is asked for, for each platform, and where base images come from."""
        given = self.attributes
        own = self.job.builds.services.images.platform
        self._statements = Statements(parse_attests(given.given), self.job.builds.services.clock_ns())
        contexts = contexts_of(given.contexts, given.platforms[0] if given.platforms else own)
        self._prepare(contexts)
        await self.job.caches.load(given.cache_sources)
        options = BuildOptions(
            arguments=dict(given.arguments),
            labels=given.labels,
            target=given.target,
            no_cache=given.no_cache == (),
            no_cache_stages=given.no_cache or (),
            network=given.network,
            build_platform=own,
            contexts={name: "image" if one.has_image else "files" for name, one in contexts.items()},
            style="buildkit",
            sandbox=given.sandbox,
            cache_namespace=given.arguments.get("BUILDKIT_CACHE_MOUNT_NS", ""),
        )
        images = KitImages(contexts, self.job.progress, self.job.id, self._images, self._files_as_base)
        return [replace(options, platform=platform) for platform in given.platforms or (None,)], images

    async def ignored(self) -> tuple[str, ...]:
        """What the main context leaves out."""
        return tuple(await load_ignored(self.attributes, self._transfers(), self.defined))

    async def solved(self) -> list[Ref]:
        """Wait until everything is done; what it came to. Raises BuildFailed with the first step's error."""
        assert self._solver is not None
        assert self._statements is not None
        solver, refs = self._solver, []
        try:
            with self._failing():
                await all_of([solver.solve(one.vertex) for one in self.planned])
                for one in self.planned:
                    snapshots = self._snapshots(one.plan)
                    told = await self._statements.of(one.plan, one.platform, self)
                    refs.append(planned_ref(one.plan, snapshots.__getitem__, one.platform, told))
                self.job.caches.judge()
        except BuildFailed:
            await solver.close()
            raise
        return refs

    async def image(self, reference: str, platform: Platform | None) -> BaseImage:
        """An image, for whoever asks for one by name."""
        return await KitImages({}, self.job.progress, self.job.id, self._images, self._files_as_base).find(
            reference, platform
        )

    def ref_of(self, planned: Planned) -> Ref | None:
        """What one platform has come to; None while it isn't done."""
        snapshots = self._snapshots(planned.plan)
        if planned.vertex in snapshots or not planned.plan.result.steps:
            return planned_ref(planned.plan, snapshots.__getitem__, planned.platform)
        return None

    async def solve(self, vertex: Vertex) -> Result:
        """What a vertex comes to that isn't in the Dockerfile."""
        assert self._solver is not None
        return await self._solver.solve(vertex)

    async def base_image(self, reference: str, platform: Platform) -> BaseImage:
        """An image that the Dockerfile doesn't name, pulled if it isn't here."""
        images = KitImages({}, self.job.progress, self.job.id, self._images, self._files_as_base)
        return await images.find(reference, platform)

    async def snapshot(self, planned: Planned) -> Snapshot:
        """What one platform comes to. Raises BuildFailed."""
        assert self._solver is not None
        with self._failing():
            result = await self._solver.solve(planned.vertex)
        assert isinstance(result, Snapshot)
        return result

    def _snapshots(self, plan: BuildPlan) -> dict[Vertex, Snapshot]:
        assert self._solver is not None
        found = {}
        for stage in plan.stages:
            for step in stage.steps if stage is not None else ():
                if step.vertex is not None and (result := self._solver.result(step.vertex)) is not None:
                    assert isinstance(result, Snapshot)
                    found[step.vertex] = result
        return found

    def _prepare(self, contexts: Mapping[str, NamedContext]) -> None:
        job, given = self.job, self.attributes
        self._sources = KitSources(self._transfers(), self._remote(), contexts, self.defined.tree, given.context_name)
        self._solver = make_solver(job, given, self._sources, self._told)
        job.stack.push_async_callback(self._sources.close)
        job.stack.push_async_callback(self._solver.close)

    def _told(self, event: Event) -> None:
        if isinstance(event, Completed) and self._failed is None and isinstance(event.error, DockyardError):
            self._failed = event.vertex
        tell(self.job.progress, event)

    @contextlib.contextmanager
    def _failing(self) -> Generator[None, None, None]:
        """Errors with the Dockerfile's lines."""
        try:
            yield
        except DockyardError as error:
            definition = self.defined
            raise failure(
                error,
                filename=definition.name,
                data=definition.data,
                span=self._failed.span if self._failed is not None else self._span_of(error),
                vertex=self._failed.digest if self._failed is not None else "",
            ) from error

    def _span_of(self, error: DockyardError) -> Span | None:
        """The FROM whose image could not be found."""
        for stage in self.dockerfile.stages if self.dockerfile is not None else ():
            if str(error).startswith(f"{stage.begin.base}: failed to resolve source metadata"):
                return stage.begin.line.span
        return None

    @property
    def defined(self) -> Definition:
        """What was read."""
        assert self.definition is not None
        return self.definition

    def _images(self, told: Callable[[object], None]) -> EngineImages:
        job = self.job
        return EngineImages(
            job.builds.store.images,
            job.builds.services.images.platform,
            self._pull,
            told,
            job.lease,
            always=self.attributes.resolve_mode == "pull",
        )

    async def _pull(self, reference: Reference, platform: Platform | None) -> AsyncGenerator[object, None]:
        credentials = await credentials_for(self.job.session, reference)
        async with contextlib.aclosing(self.job.builds.registries.pull(reference, platform, credentials)) as events:
            async for event in events:
                yield event

    async def _files_as_base(self, context: NamedContext, platform: Platform | None) -> BaseImage:
        """A context that is no image of a registry, as what a stage stands on."""
        if context.kind == "input":
            return input_base(self.job, context, self.inputs.get(context.value, ""))
        if context.kind == "layout":
            return await self._layout(context, platform)
        assert self._sources is not None
        assert self._solver is not None
        return await files_base(self.job, context, platform, self._sources, self._solver)

    async def _layout(self, context: NamedContext, platform: Platform | None) -> BaseImage:
        job, machine = self.job, self.job.builds.services.images.platform
        with self._transfers().line(f"[context {context.name}] OCI load from client") as digest:

            def moved(current: int, total: int) -> None:
                job.progress.status(digest, "transferring layers", current, total, done=current >= total > 0)

            return await layout_image(job.caches.places, context.value, machine, platform, job.lease, moved)

    def _transfers(self) -> Transfers:
        job = self.job
        return Transfers(job.id, job.session, job.progress, job.kept, job.scratch, job.stack)

    def _remote(self) -> Remote:
        job = self.job
        return Remote(job.session, job.scratch, proxies(job.builds.services.daemon), job.body)
