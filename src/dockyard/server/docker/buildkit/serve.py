"""All of BuildKit's services on one connection."""

import socket

from dockyard.engine.engine import Engine
from dockyard.rpc.serve import Metadata, Methods, serve, unary
from dockyard.server.docker.buildkit.control import Control
from dockyard.server.docker.buildkit.gateway import Gateway
from dockyard.server.docker.buildkit.history import HistoryService
from dockyard.server.docker.buildkit.reading import Reading
from dockyard.server.docker.buildkit.tunnel import tunnel_methods
from dockyard.server.docker.buildkit.usage import Usage
from dockyard.wire.buildkit.messages import health


async def serve_buildkit(engine: Engine, descriptor: int, early: bytes) -> None:
    """Serve until the client hangs up; what it is waiting for then is cancelled."""
    served = await serve(methods(engine), socket.socket(fileno=descriptor), early)
    try:
        await served.closed.wait()
    finally:
        served.processor.close()


def methods(engine: Engine) -> Methods:
    """The methods of all services."""
    builds = engine.builds.kit
    gateway = Gateway(engine, builds)
    return {
        **Control(engine, builds).methods(),
        **tunnel_methods(builds.sessions),
        **Usage(engine).methods(),
        **HistoryService(builds.history).methods(),
        **gateway.methods(),
        **Reading(engine, builds, gateway).methods(),
        **unary("/grpc.health.v1.Health/Check", _check),
    }


async def _check(_request: object, _metadata: Metadata) -> object:
    return health.HealthCheckResponse(status=health.ServingStatus["SERVING"])
