"""`GET /containers/{id}/stats`: what a container uses, once or every second."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec

from dockyard.engine.containers.query.stats import Measured
from dockyard.server.docker.call import Call
from dockyard.server.docker.compat import container_answers
from dockyard.server.docker.http.answers import Answer, JsonAnswer, StreamAnswer
from dockyard.server.docker.wire.stats import container_stats

ONE_SHOT_SINCE = (1, 41)


async def container_stats_answer(call: Call) -> Answer:
    """Without `stream` one document, made of two samples unless `one-shot` says that one is enough."""
    container = call.engine.containers.get(call.name)
    cgroup_v2 = call.engine.services.machine.cgroup_v2
    memory_bytes = call.engine.system.info().memory_bytes

    def document(measured: Measured) -> dict[str, Any]:
        newest = container_stats(container, measured, cgroup_v2=cgroup_v2, machine_memory_bytes=memory_bytes)
        return container_answers.stats(newest, call.version)

    if not call.query.flag("stream", default=True):
        one_shot = call.version >= ONE_SHOT_SINCE and call.query.flag("one-shot")
        return JsonAnswer(document(await call.engine.containers.stats(container.id, one_shot=one_shot)))

    async def lines() -> AsyncIterator[bytes]:
        async with aclosing(call.engine.containers.stats_stream(container.id)) as samples:
            async for measured in samples:
                yield msgspec.json.encode(document(measured)) + b"\n"

    return StreamAnswer(lines(), immediate=True)
