"""Statements about what a build comes to: made when a platform's result is there, before it goes anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from dockyard.builder.attest.facts import BuildFacts, ImageMaterial
from dockyard.builder.attest.graph import ordered
from dockyard.builder.attest.provenance import provenance
from dockyard.builder.attest.request import AttestRequest, SbomRequest
from dockyard.builder.attest.sbom import read_statements, scan_vertex
from dockyard.builder.export.contract import Attestation
from dockyard.builder.files import LayerFiles
from dockyard.builder.frontend.attributes import Attributes
from dockyard.builder.frontend.lines import Line
from dockyard.builder.graph import Base, GitTree, HttpTree, LocalTree, Run, SecretMount, SshMount, Vertex
from dockyard.builder.plan import BaseImage, BuildPlan
from dockyard.builder.solve.results import Result, Snapshot
from dockyard.engine.builds.kit.dockerfile import Definition
from dockyard.engine.builds.kit.parts import JobParts
from dockyard.engine.timestamps import rfc3339
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import platform_text
from dockyard.store.images.store import ImageStore


class Told(Protocol):
    """The run of the frontend that came to the result (frontend.py)."""

    job: JobParts
    attributes: Attributes
    definition: Definition | None

    async def solve(self, vertex: Vertex) -> Result:
        """What a vertex comes to."""

    async def base_image(self, reference: str, platform: Platform) -> BaseImage:
        """An image, pulled if it isn't here."""


@dataclass(frozen=True, slots=True)
class Statements:
    """What was asked for, of a build that began at `began_ns`."""

    request: AttestRequest
    began_ns: int

    async def of(self, plan: BuildPlan, platform: Platform | None, run: Told) -> tuple[Attestation, ...]:
        """The statements about one platform's result. Raises DockyardError when a scanner fails."""
        found: list[Attestation] = []
        if self.request.sbom is not None:
            found += await _scanned(self.request.sbom, plan, platform, run)
        if self.request.provenance is not None:
            found.append(provenance(self.request.provenance, self._facts(plan, run)))
        return tuple(found)

    def _facts(self, plan: BuildPlan, run: Told) -> BuildFacts:
        job, definition = run.job, run.definition
        assert definition is not None
        services = job.builds.services
        vertices = ordered(plan.result.vertex)
        operations = [vertex.operation for vertex in vertices]
        commands = [one for one in operations if isinstance(one, Run)]
        local = {one.name for one in operations if isinstance(one, LocalTree)}
        if not run.attributes.context:
            local |= {"dockerfile"}
        return BuildFacts(
            "dockerfile.v0",
            run.attributes.given,
            services.images.platform,
            rfc3339(self.began_ns),
            rfc3339(services.clock_ns()),
            job.id,
            images=tuple(_materials(job.builds.store.images, plan, vertices)),
            git=tuple((one.remote, one.checksum) for one in operations if isinstance(one, GitTree)),
            http=tuple((one.url, one.checksum) for one in operations if isinstance(one, HttpTree)),
            locals=tuple(local),
            secrets=tuple(
                {(m.id, not m.required) for one in commands for m in one.mounts if isinstance(m, SecretMount)}
            ),
            agents=tuple({(m.id, not m.required) for one in commands for m in one.mounts if isinstance(m, SshMount)}),
            root=plan.result.vertex,
            filename=definition.name,
            dockerfile=definition.data,
            network=any(one.network != "none" for one in commands),
        )


def _materials(images: ImageStore, plan: BuildPlan, vertices: list[Vertex]) -> Iterator[ImageMaterial]:
    """The images that the result stands on or is copied from, each once."""
    used = {one.digest for one in vertices}
    seen: set[str] = set()
    for stage in plan.stages:
        if stage is None or stage.image is None or stage.image.id is None:
            continue
        vertex = stage.vertex
        while vertex.inputs and not isinstance(vertex.operation, Base):
            vertex = vertex.inputs[0]
        if vertex.digest not in used or vertex.digest in seen or not isinstance(vertex.operation, Base):
            continue
        seen.add(vertex.digest)
        image = stage.image.image
        platform = Platform(image.architecture, image.os, image.variant)
        yield ImageMaterial(vertex.operation.reference, _digest(images, stage.image.id), platform)


def _digest(images: ImageStore, image_id: str) -> str:
    """What a registry calls the image: its index, or its manifest; else its id."""
    for manifest in images.manifests.of_image(image_id):
        above = images.manifests.indexes_above(manifest.digest)
        return above[0][0] if above else manifest.digest
    return image_id


async def _scanned(
    request: SbomRequest, plan: BuildPlan, platform: Platform | None, run: Told
) -> tuple[Attestation, ...]:
    job = run.job
    own = job.builds.services.images.platform
    try:
        scanner = await run.base_image(request.generator, own)
    except DockyardError as error:
        raise InvalidParameter(f"failed to resolve the scanner of --sbom: {error}") from error
    shown, result_vertex = platform_text(platform or own), plan.result.vertex
    vertex = scan_vertex(request, scanner, shown, result_vertex, no_cache=run.attributes.no_cache == ())
    inputs = tuple(one.digest for one in vertex.inputs)
    job.progress.announce([Line(vertex.digest, vertex.name, inputs)])
    result = await run.solve(vertex)
    assert isinstance(result, Snapshot)
    if result.chain_id is None:
        raise InvalidParameter(f"scanner {request.generator} has written nothing")
    layers = job.builds.store.layers
    return read_statements(LayerFiles(layers.driver.view(layers.get(result.chain_id).driver_id)))
