"""The solver of one run of the frontend, with what it works with: limits of containers, secrets, files, caches."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from dockyard.builder.frontend.attributes import Attributes
from dockyard.builder.graph import Vertex
from dockyard.builder.ops.worker import BuildWorker
from dockyard.builder.session.secrets import SessionSecrets
from dockyard.builder.solve.events import Event
from dockyard.builder.solve.solver import Solver
from dockyard.builder.solve.sources import Sources
from dockyard.engine.builds.executor import EngineExecutor
from dockyard.engine.builds.kit.parts import JobParts
from dockyard.engine.containers.config import HostConfig, Ulimit


def make_solver(job: JobParts, given: Attributes, sources: Sources, told: Callable[[Event], None]) -> Solver:
    """A solver that tells its events to `told`; it is to be closed before the job is over."""
    services = job.builds.services
    executor = EngineExecutor(services, _host(given), job.builds.parallel, given.sandbox.hostname)
    worker = BuildWorker(
        job.builds.store.layers,
        job.lease,
        executor,
        sources,
        SessionSecrets(job.session, executor.private_directory),
        job.builds.mounts,
        job.scratch,
        told,
        services.clock_ns,
        _no_waiting,
    )
    return Solver(
        worker,
        job.builds.cache,
        job.builds.store.layers,
        job.lease,
        job.builds.locks,
        told,
        services.clock_ns,
        remote=job.caches.remote,
        trail=job.caches.trail,
    )


def _host(given: Attributes) -> HostConfig:
    sandbox = given.sandbox
    ulimits = tuple(Ulimit(name, hard=hard, soft=soft) for name, soft, hard in sandbox.ulimits)
    return HostConfig(
        shm_size=sandbox.shm_bytes,
        cgroup_parent=sandbox.cgroup_parent,
        ulimits=ulimits or None,
        extra_hosts=sandbox.hosts or None,
        **given.limits,  # type: ignore[arg-type]
    )


def all_vertexes(results: tuple[Vertex, ...]) -> list[Vertex]:
    """Those vertexes, and all that they need."""
    found: dict[str, Vertex] = {}
    pending = list(results)
    while pending:
        vertex = pending.pop()
        if vertex.digest not in found:
            found[vertex.digest] = vertex
            pending += vertex.inputs
    return list(found.values())


async def all_of(works: list[Coroutine[Any, Any, Any]]) -> None:
    """All of them; the first error ends the waiting."""
    waiting = [asyncio.ensure_future(work) for work in works]
    try:
        for one in asyncio.as_completed(waiting):
            await one
    finally:
        for one in waiting:
            one.cancel()


async def _no_waiting(_: Vertex) -> None:
    """What is told is kept, up to a limit: nobody waits for readers."""
