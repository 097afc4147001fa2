"""One build: what its client may ask of it while it lasts, and what lives as long."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from dockyard.builder.export.contract import BuildResult, Exporter, Ref
from dockyard.builder.frontend.attributes import Attributes
from dockyard.engine.builds.kit.frontend import Planned, Run
from dockyard.engine.builds.kit.parts import JobParts
from dockyard.engine.builds.kit.questions import answer
from dockyard.engine.builds.kit.report import ProgressReport
from dockyard.errors import DockyardError, NotFound
from dockyard.spec.image.descriptor import Platform


@dataclass(frozen=True, slots=True)
class Returned:
    """What a client that runs the frontend itself gives back: ids of refs, or an error; none for nothing to export."""

    ref_ids: tuple[str, ...] = ()
    error: DockyardError | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """A build. `returned`: set by the client that runs the frontend."""

    parts: JobParts
    inputs: Mapping[str, str]
    returned: "asyncio.Future[Returned]"
    refs: dict[str, tuple[Run, Planned]] = field(default_factory=dict)

    async def run(self, attributes: Attributes, inputs: Mapping[str, str]) -> tuple[Run, list[str]]:
        """Run the frontend; the ids of what it comes to, which is being solved. Raises BuildFailed."""
        run = Run(self.parts, attributes, inputs)
        await run.begin()
        ids = []
        for planned in run.planned:
            ids.append(uuid4().hex[:25])
            self.refs[ids[-1]] = (run, planned)
        return run, ids

    async def subrequest(self, attributes: Attributes) -> dict[str, bytes]:
        """What a Dockerfile is asked about itself, without being built. Raises BuildFailed."""
        return await answer(Run(self.parts, attributes), attributes)

    async def image_config(self, reference: str, platform: Platform | None, pulls: bool) -> tuple[str, bytes]:
        """The id of an image, which is pulled when it isn't here or `pulls`; its configuration. NotFound."""
        attributes = Attributes(resolve_mode="pull" if pulls else "local")
        found = await Run(self.parts, attributes).image(reference, platform)
        if found.id is None:
            raise NotFound(f"{reference}: no image")
        return found.id, self.parts.builds.store.images.config_bytes(found.id)

    def adopt(self, ref_id: str, found: tuple[Run, Planned]) -> None:
        """Take another build's result for one of this build."""
        self.refs[ref_id] = found

    def ref(self, ref_id: str) -> tuple[Run, Planned]:
        """What is being solved under this id. Raises NotFound."""
        found = self.refs.get(ref_id)
        if found is None:
            raise NotFound(f"no such ref: {ref_id}")
        return found

    async def finish(self, ref_ids: tuple[str, ...], exporters: list[Exporter]) -> tuple[list[Ref], dict[str, str]]:
        """Wait for the refs, and export them. What they are, and the exporters' answers. Raises BuildFailed."""
        refs: list[Ref] = []
        runs: list[Run] = []
        for ref_id in ref_ids:
            run = self.ref(ref_id)[0]
            if run not in runs:
                runs.append(run)
        for run in runs:
            refs += await run.solved()
        answered: dict[str, str] = {}
        if not refs:
            return refs, answered
        attributes = runs[0].attributes
        epoch = attributes.arguments.get("SOURCE_DATE_EPOCH", "")
        result = BuildResult(
            tuple(refs),
            attributes.multi,
            int(epoch) if epoch.isascii() and epoch.isdigit() else None,
            inline_cache=self.parts.caches.inline,
        )
        for number, exporter in enumerate(exporters):
            with ProgressReport(self.parts.progress, self.parts.id, exporter.name, number) as report:
                answered |= await exporter.export(result, report)
        return refs, answered | await self.parts.caches.export(result)
