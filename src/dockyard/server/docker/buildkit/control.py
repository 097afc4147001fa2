"""moby.buildkit.v1.Control: builds from beginning to end, their progress, the worker."""

from collections.abc import AsyncGenerator
from typing import Any

from dockyard import __version__
from dockyard.builder.frontend.attributes import CacheSource
from dockyard.engine.builds.kit.failure import BuildFailed
from dockyard.engine.builds.kit.jobs import KitBuilds, Output, Solve
from dockyard.engine.engine import Engine
from dockyard.errors import InvalidParameter
from dockyard.rpc.serve import Metadata, Methods, streaming, unary
from dockyard.server.docker.buildkit.capabilities import VERSION, worker
from dockyard.server.docker.buildkit.definitions import inputs_of
from dockyard.spec.image.platform import fitting
from dockyard.wire.buildkit.messages import control

SERVICE = "/moby.buildkit.v1.Control/"


class Control:
    """The service, for all connections."""

    def __init__(self, engine: Engine, builds: KitBuilds) -> None:
        self._engine = engine
        self._builds = builds

    def methods(self) -> Methods:
        """The methods of this service."""
        return {
            **unary(SERVICE + "Solve", self.solve),
            **streaming(SERVICE + "Status", self.status),
            **unary(SERVICE + "ListWorkers", self.list_workers),
            **unary(SERVICE + "Info", self.info),
        }

    async def solve(self, request: Any, _: Metadata) -> Any:
        """Build."""
        try:
            answer = await self._builds.solve(solve_of(request))
        except InvalidParameter as error:  # BuildKit's clients show other statuses by their names
            raise BuildFailed(str(error), []) from error
        return control.SolveResponse(ExporterResponse=answer)

    async def status(self, request: Any, _: Metadata) -> AsyncGenerator[Any, None]:
        """How a build goes, from its beginning to its end."""
        progress = await self._builds.progress(request.Ref)
        async for response in progress.follow():
            yield response

    async def list_workers(self, _request: Any, _: Metadata) -> Any:
        """The one worker."""
        platforms = fitting(self._engine.builds.parts.services.images.platform)
        driver = self._engine.builds.parts.store.layers.driver.name
        record = worker(self._engine.system.id, platforms, __version__, driver)
        return control.ListWorkersResponse(record=[record])

    async def info(self, _request: Any, _: Metadata) -> Any:
        """The builder's version."""
        version = {"package": "dockyard", "version": f"{VERSION}+dockyard.{__version__}"}
        return control.InfoResponse(buildkitVersion=version)


def solve_of(request: Any) -> Solve:
    """The request as a value. Raises InvalidParameter."""
    if request.HasField("Definition") and getattr(request.Definition, "def"):
        raise InvalidParameter("LLB definitions are not solved by Dockyard: use the frontend dockerfile.v0")
    if request.HasField("SourcePolicy") and request.SourcePolicy.rules:
        raise InvalidParameter("source policies are not supported by Dockyard")
    outputs = [Output(one.Type, dict(one.Attrs)) for one in request.Exporters]
    if not outputs and request.ExporterDeprecated:
        outputs.append(Output(request.ExporterDeprecated, dict(request.ExporterAttrsDeprecated)))
    imports = [CacheSource("registry", {"ref": name}) for name in request.Cache.ImportRefsDeprecated]
    imports += [CacheSource(one.Type, dict(one.Attrs)) for one in request.Cache.Imports]
    exports = [CacheSource(one.Type, dict(one.Attrs)) for one in request.Cache.Exports]
    if request.Cache.ExportRefDeprecated:
        attributes = {**dict(request.Cache.ExportAttrsDeprecated), "ref": request.Cache.ExportRefDeprecated}
        exports.append(CacheSource("registry", attributes))
    return Solve(
        request.Ref,
        request.Session,
        request.Frontend,
        dict(request.FrontendAttrs),
        tuple(outputs),
        tuple(imports),
        tuple(exports),
        tuple(request.Entitlements),
        inputs_of(request.FrontendInputs),
        request.Internal,
    )
