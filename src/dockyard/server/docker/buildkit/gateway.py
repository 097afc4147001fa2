"""moby.buildkit.v1.frontend.LLBBridge: a client that runs the frontend itself, as buildx does, asks for each step.

Every call names its build in a header; the build was begun by a Control.Solve without a frontend, which waits for
Return.
"""

from typing import Any

import msgspec

from dockyard import __version__
from dockyard.builder.frontend.attributes import parse_attributes
from dockyard.builder.frontend.configs import image_config
from dockyard.engine.builds.kit.failure import BuildFailed
from dockyard.engine.builds.kit.frontend import Planned
from dockyard.engine.builds.kit.job import Job, Returned
from dockyard.engine.builds.kit.jobs import FRONTENDS, KitBuilds
from dockyard.engine.engine import Engine
from dockyard.errors import InvalidParameter
from dockyard.rpc.serve import Metadata, Methods, unary
from dockyard.server.docker.buildkit.capabilities import FRONTEND, LLB, all_caps, worker
from dockyard.server.docker.buildkit.definitions import definition_of, inputs_of, ref_id_of
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import fitting, normalized, platform_text
from dockyard.wire.buildkit.messages import frontend

SERVICE = "/moby.buildkit.v1.frontend.LLBBridge/"
BUILD_HEADER = "buildkit-controlapi-buildid"


class Gateway:
    """The service, for all connections."""

    def __init__(self, engine: Engine, builds: KitBuilds) -> None:
        self._engine = engine
        self._builds = builds

    def methods(self) -> Methods:
        """The methods of this service."""
        return {
            **unary(SERVICE + "Ping", self.ping),
            **unary(SERVICE + "Solve", self.solve),
            **unary(SERVICE + "Return", self.return_),
            **unary(SERVICE + "Inputs", self.inputs),
            **unary(SERVICE + "Evaluate", self.evaluate),
            **unary(SERVICE + "Warn", self.warn),
        }

    async def job(self, metadata: Metadata) -> Job:
        """The build that a call is about. Raises InvalidParameter, NotFound."""
        name = metadata.get(BUILD_HEADER, "")
        if not name:
            raise InvalidParameter("no buildid found in context")
        return await self._builds.job(name)

    async def ping(self, _: Any, metadata: Metadata) -> Any:
        """What this builder can do."""
        await self.job(metadata)
        services = self._engine.builds.parts.services
        driver = self._engine.builds.parts.store.layers.driver.name
        record = worker(self._engine.system.id, fitting(services.images.platform), __version__, driver)
        return frontend.PongResponse(FrontendAPICaps=all_caps(FRONTEND), LLBCaps=all_caps(LLB), Workers=[record])

    async def solve(self, request: Any, metadata: Metadata) -> Any:
        """Run the frontend, or take an earlier result as it is."""
        job = await self.job(metadata)
        if not request.Frontend:
            ref_id = ref_id_of(request.Definition)
            job.adopt(ref_id, self._builds.find_ref(ref_id))
            return frontend.SolveResponse(ref=ref_id, result=frontend.Result(ref=frontend.Ref(id=ref_id)))
        if request.Frontend not in FRONTENDS:
            raise InvalidParameter(f"invalid frontend: {request.Frontend}: Dockyard has dockerfile.v0")
        attributes = parse_attributes(dict(request.FrontendOpt))
        inputs = inputs_of(request.FrontendInputs)
        if attributes.request:
            answer = await job.subrequest(attributes)
            return frontend.SolveResponse(result=frontend.Result(ref=frontend.Ref(), metadata=answer))
        try:
            run, ids = await job.run(attributes, inputs)
        except InvalidParameter as error:  # BuildKit's clients show other statuses by their names
            raise BuildFailed(str(error), []) from error
        if request.Evaluate:
            await run.solved()
        result = frontend.Result(metadata=self._metadata(run.planned, multi=attributes.multi))
        for ref_id, planned in zip(ids, run.planned, strict=True):
            message = frontend.Ref(id=ref_id, **{"def": definition_of(ref_id, planned.vertex.name)})
            if attributes.multi:
                result.refs.refs[self._platform_id(planned.platform)].CopyFrom(message)
            else:
                result.ref.CopyFrom(message)
        return frontend.SolveResponse(result=result)

    async def return_(self, request: Any, metadata: Metadata) -> Any:
        """The frontend is done: Control.Solve goes on."""
        job = await self.job(metadata)
        if not job.returned.done():
            job.returned.set_result(_returned(request))
        return frontend.ReturnResponse()

    async def inputs(self, _: Any, metadata: Metadata) -> Any:
        """The inputs of the build."""
        job = await self.job(metadata)
        definitions = {name: definition_of(ref_id, name) for name, ref_id in job.inputs.items()}
        return frontend.InputsResponse(Definitions=definitions)

    async def evaluate(self, request: Any, metadata: Metadata) -> Any:
        """Wait until a result is there."""
        run, planned = (await self.job(metadata)).ref(request.Ref)
        await run.snapshot(planned)
        return frontend.EvaluateResponse()

    async def warn(self, request: Any, metadata: Metadata) -> Any:
        """The frontend warns of something."""
        job = await self.job(metadata)
        from dockyard.wire.buildkit.messages import control

        job.parts.progress.warn(
            control.VertexWarning(
                vertex=request.digest,
                level=request.level,
                short=request.short,
                detail=request.detail,
                url=request.url,
                info=request.info,
                ranges=request.ranges,
            )
        )
        return frontend.WarnResponse()

    def _platform_id(self, platform: Platform | None) -> str:
        return platform_text(normalized(platform or self._engine.builds.parts.services.images.platform))

    def _metadata(self, planned: list[Planned], *, multi: bool) -> dict[str, bytes]:
        own = self._engine.builds.parts.services.images.platform
        found: dict[str, bytes] = {}
        platforms = []
        for one in planned:
            name = self._platform_id(one.platform)
            platform = one.platform or own
            suffix = f"/{name}" if multi else ""
            found[f"containerimage.config{suffix}"] = image_config(one.plan, platform)
            shown = {"architecture": platform.architecture, "os": platform.os}
            platforms.append({"ID": name, "Platform": {**shown, **({"variant": v} if (v := platform.variant) else {})}})
        found["refs.platforms"] = msgspec.json.encode({"Platforms": platforms})
        return found


def _returned(request: Any) -> Returned:
    if request.HasField("error") and request.error.code:
        return Returned(error=BuildFailed(request.error.message, list(request.error.details)))
    result = request.result
    match result.WhichOneof("one"):
        case "ref":
            ids = [result.ref.id]
        case "refs":
            ids = [one.id for one in result.refs.refs.values()]
        case "refDeprecated":
            ids = [result.refDeprecated]
        case "refsDeprecated":
            ids = list(result.refsDeprecated.refs.values())
        case _:
            ids = []
    return Returned(tuple(filter(None, ids)))
