"""`grpc.health.v1.Health`: the daemon ends the session of a client that doesn't answer for a while."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from dockyard.rpc.serve import Methods, streaming, unary
from dockyard.wire.buildkit.messages import health


def health_methods() -> Methods:
    """We are there as long as we answer."""

    async def check(request: Any, metadata: Any) -> Any:
        del request, metadata
        return health.HealthCheckResponse(status=health.ServingStatus["SERVING"])

    async def watch(request: Any, metadata: Any) -> AsyncGenerator[Any, None]:
        del request, metadata
        yield health.HealthCheckResponse(status=health.ServingStatus["SERVING"])
        await asyncio.Event().wait()

    return {**unary("/grpc.health.v1.Health/Check", check), **streaming("/grpc.health.v1.Health/Watch", watch)}
