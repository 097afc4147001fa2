"""Named contexts as what a stage stands on: files of a client, what another build came to."""

import msgspec

from dockyard.builder.frontend.contexts import NamedContext
from dockyard.builder.frontend.lines import Line
from dockyard.builder.graph import Base, LocalTree, Selection, Transfer, Vertex
from dockyard.builder.plan import BaseImage
from dockyard.builder.solve.results import Snapshot
from dockyard.builder.solve.solver import Solver
from dockyard.engine.builds.kit.parts import JobParts
from dockyard.engine.builds.kit.sources import KitSources
from dockyard.errors import InvalidParameter
from dockyard.spec.image.config import Image, image_from_json
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import normalized


async def files_base(
    job: JobParts, context: NamedContext, platform: Platform | None, sources: KitSources, solver: Solver
) -> BaseImage:
    """Nothing, and the context's files on it."""
    own = normalized(platform or job.builds.services.images.platform)
    tree = Vertex(LocalTree(context.name))
    sources.digests.setdefault(context.name, tree.digest)
    job.progress.announce([Line(tree.digest, f"[context {context.name}] load from client")])
    whole = Transfer("COPY", (Selection(1, ("/",)),), "/")
    vertex = Vertex(whole, (Vertex(Base(None)), tree), name=f"[context {context.name}]")
    result = await solver.solve(vertex)
    assert isinstance(result, Snapshot)
    return BaseImage(None, Image(architecture=own.architecture, os=own.os, variant=own.variant), result.chain_id)


def input_base(job: JobParts, context: NamedContext, ref_id: str) -> BaseImage:
    """What another build of the client has come to. Raises InvalidParameter when it isn't there any more."""
    ref = job.input_ref(ref_id)
    if ref is None:
        raise InvalidParameter(f"invalid input {context.value} for {context.name}")
    image = image_from_json({**msgspec.json.decode(ref.config), "rootfs": {}}) if ref.config else Image()
    diff_ids = tuple(layer.diff_id for layer in job.builds.store.layers.stack(ref.chain_id))
    if ref.chain_id is not None:
        job.lease.add(ref.chain_id)
    return BaseImage(None, image._replace(rootfs=image.rootfs._replace(diff_ids=diff_ids)), ref.chain_id)
